#include "engine/lean/large_sockets.h"

#include <sys/socket.h>

#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::LimitId;
using engine::Limits;

Limits with_large_sockets(std::uint32_t count) {
  return limits([&](Limits& chosen) { chosen.large_sockets = count; });
}

// The kernel doubles the sizes.
int send_buffer(const lean::Connection& connection) {
  int bytes = 0;
  socklen_t size = sizeof(bytes);
  assert_int_equal(::getsockopt(connection.descriptor(), SOL_SOCKET, SO_SNDBUF, &bytes, &size), 0);
  return bytes;
}

void send_large_message(RawClient& client, std::uint32_t stream) {
  client.send(FrameScript()
                  .headers(stream, echo_head("Collect"))
                  .data(stream, echo_data(std::string(40'000, 'x')).substr(0, 100)));
}

void end_large_message(RawClient& client, std::uint32_t stream) {
  const std::string rest = echo_data(std::string(40'000, 'x')).substr(100);
  for (std::size_t at = 0; at < rest.size(); at += 16'000)
    client.send(FrameScript().data(stream, rest.substr(at, 16'000),
                                   at + 16'000 < rest.size() ? std::uint8_t{0} : http2::kEndStream));
}

void test_a_large_message_grows_the_buffers(void**) {
  LeanLoop loop(with_large_sockets(1));
  const auto client = loop.connect_ready(16'384);
  assert_int_equal(send_buffer(loop.connection()), 2 * 16'384);
  client->send(echo_call(1, "Reply", echo_data("small")));
  loop.settle();
  assert_false(loop.connection().has_large_socket);
  send_large_message(*client, 3);
  loop.settle();
  assert_true(loop.connection().has_large_socket);
  assert_int_equal(send_buffer(loop.connection()), 2 * 65'536);
  client->close();
  loop.settle();
  assert_int_equal(loop.core().large_sockets.used(), 0);
  loop.finish();
}

void test_a_reply_that_does_not_fit_grows_the_buffers(void**) {
  LeanLoop loop(with_large_sockets(1));
  const auto client = loop.connect_ready(4096);
  client->send(echo_call(1, "Reply", echo_data(std::string(15'000, 'x'))));
  loop.settle();
  assert_true(loop.connection().has_large_socket);
  assert_string_equal(client->answer(1).status().c_str(), "0");
  loop.finish();
}

// A place passes on when its connection has no calls and the kernel holds nothing for it.
void test_a_place_passes_to_a_connection_that_needs_it(void**) {
  LeanLoop loop(with_large_sockets(1));
  const auto first = loop.connect_ready(16'384);
  const auto second = loop.connect_ready(16'384);
  send_large_message(*first, 1);
  loop.settle();
  send_large_message(*second, 1);
  loop.settle();
  assert_true(loop.connection(0).has_large_socket);
  assert_false(loop.connection(1).has_large_socket);
  assert_int_equal(loop.count(LimitId::LargeSockets), 1);
  end_large_message(*first, 1);
  loop.settle();
  assert_string_equal(first->answer(1).status().c_str(), "0");
  send_large_message(*second, 3);
  loop.settle();
  assert_false(loop.connection(0).has_large_socket);
  assert_true(loop.connection(1).has_large_socket);
  assert_true(send_buffer(loop.connection(0)) < 2 * 65'536);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_large_message_grows_the_buffers),
      cmocka_unit_test(test_a_reply_that_does_not_fit_grows_the_buffers),
      cmocka_unit_test(test_a_place_passes_to_a_connection_that_needs_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
