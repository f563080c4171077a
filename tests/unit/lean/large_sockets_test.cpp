#include "engine/lean/large_sockets.h"

#include <sys/socket.h>

#include <memory>
#include <vector>

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

void test_a_message_that_fits_the_buffers(void**) {
  LeanLoop loop(with_large_sockets(1));
  const auto client = loop.connect_ready(16'384);
  const std::size_t most = loop.core().limits.socket_receive_bytes;
  for (const std::size_t more : {0U, 1U}) {
    const std::string data = echo_data_of_size(most + more);
    assert_int_equal(data.size(), most + more + 5);
    client->send(
        FrameScript().headers(more == 0 ? 1 : 3, echo_head("Collect")).data(more == 0 ? 1 : 3, data.substr(0, 100)));
    loop.settle();
    assert_int_equal(loop.connection().has_large_socket, more == 1);
  }
  client->close();
  loop.settle();
  loop.finish();
}

void test_a_reply_that_does_not_fit_grows_the_buffers(void**) {
  LeanLoop loop(with_large_sockets(1));
  const auto client = loop.connect_ready(4096);
  client->send(echo_call(1, "Reply", echo_data(std::string(15'000, 'x'))));
  loop.turn();
  assert_true(loop.connection().has_large_socket);
  client->receive();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  loop.finish();
}

// The same for a reply that is sent from the blocks of its request, if a place was free only when it began.
void test_a_reply_from_blocks_grows_the_buffers(void**) {
  LeanLoop loop(with_large_sockets(1));
  const auto other = loop.connect_ready(16'384);
  send_large_message(*other, 1);
  loop.settle();
  const auto client = loop.connect(4096);
  client->send(hello().settings({{4, 1U << 20U}}).settings_ack().window_update(0, 1U << 20U));
  const std::string data = echo_data(std::string(60'000, 'x'));
  client->send(FrameScript().headers(1, echo_head("Reply")));
  for (std::size_t at = 0; at < 48'000; at += 16'000) {
    client->send(FrameScript().data(1, data.substr(at, 16'000)));
    loop.settle();
  }
  other->send(FrameScript().rst_stream(1, http2::ErrorCode::Cancel));
  loop.settle();
  assert_false(loop.connection(1).has_large_socket);
  client->receive();
  client->send(FrameScript().data(1, data.substr(48'000), http2::kEndStream));
  loop.turn();
  assert_true(loop.connection(1).has_large_socket);
  assert_true(loop.connection(1).writable());  // What the small buffer did not take has followed.
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

// The connection that ends is not the last one that has got a place.
void test_a_connection_that_ends_frees_its_place(void**) {
  LeanLoop loop(with_large_sockets(2));
  const auto first = loop.connect_ready(16'384);
  const auto second = loop.connect_ready(16'384);
  const auto third = loop.connect_ready(16'384);
  const auto fourth = loop.connect_ready(16'384);
  for (RawClient* client : {first.get(), second.get()}) {
    send_large_message(*client, 1);
    loop.settle();
  }
  first->close();
  loop.settle();
  assert_int_equal(loop.core().large_sockets.used(), 1);
  for (RawClient* client : {third.get(), fourth.get()}) {
    send_large_message(*client, 1);
    loop.settle();
  }
  assert_true(loop.connection(0).has_large_socket && loop.connection(1).has_large_socket);
  assert_false(loop.connection(2).has_large_socket);
  assert_int_equal(loop.count(LimitId::LargeSockets), 1);
  end_large_message(*second, 1);
  loop.settle();
  send_large_message(*fourth, 3);
  loop.settle();
  assert_false(loop.connection(0).has_large_socket);
  assert_true(loop.connection(1).has_large_socket && loop.connection(2).has_large_socket);
  assert_int_equal(loop.core().large_sockets.used(), 2);
  loop.finish();
}

// An address above its quarter leaves an eighth of the places to others.
void test_an_address_leaves_a_place_to_others(void**) {
  LeanLoop loop(with_large_sockets(8));
  loop.come_from(2);
  const auto other = loop.connect_ready(16'384);
  loop.come_from(1);
  std::vector<std::unique_ptr<RawClient>> many;
  for (std::size_t i = 1; i <= 8; ++i) {
    many.push_back(loop.connect_ready(16'384));
    send_large_message(*many.back(), 1);
    loop.settle();
    assert_int_equal(loop.connection(i).has_large_socket, i != 8);
  }
  send_large_message(*other, 1);
  loop.settle();
  assert_true(loop.connection(0).has_large_socket);
  assert_int_equal(loop.count(LimitId::LargeSockets), 1);
  many.clear();
  loop.settle();
  assert_int_equal(loop.core().large_sockets.used(), 1);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_large_message_grows_the_buffers),
      cmocka_unit_test(test_a_message_that_fits_the_buffers),
      cmocka_unit_test(test_a_reply_that_does_not_fit_grows_the_buffers),
      cmocka_unit_test(test_a_reply_from_blocks_grows_the_buffers),
      cmocka_unit_test(test_a_place_passes_to_a_connection_that_needs_it),
      cmocka_unit_test(test_a_connection_that_ends_frees_its_place),
      cmocka_unit_test(test_an_address_leaves_a_place_to_others),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
