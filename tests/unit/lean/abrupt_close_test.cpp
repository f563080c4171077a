// Clients that are gone at any moment: nothing of theirs stays, neither blocks nor calls nor timers, and others are served.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::Limits;
using http2::FrameType;

// Right after the client has closed.
void expect_nothing_left(LeanLoop& loop) {
  loop.settle();
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  assert_int_equal(loop.core().timers.size(), 0);
}

// Two calls: one in a header block of two frames with metadata, one whose message comes in parts.
Octets conversation() {
  Block block = echo_head("Reply", {{"x-echo-mark", "mark"}});
  block.remembered("x-kept", std::string(300, 'k')).literal("x-more", std::string(200, 'm'));
  const Octets& fields = block.bytes();
  const auto middle = fields.begin() + 120;
  FrameScript script;
  script.frame(FrameType::Headers, 0, 1, Octets(fields.begin(), middle));
  script.continuation(1, Octets(middle, fields.end()));
  script.data(1, echo_data("first"), http2::kEndStream);
  script.headers(3, echo_head("Collect", {{"x-echo-kept", std::string(500, 'x')}}));
  const std::string data = echo_data(std::string(2000, 'y'));
  script.data(3, data.substr(0, 1000)).data(3, data.substr(1000)).data(3, data.substr(0, 700));
  return script.bytes();
}

void test_a_client_that_is_gone_behind_any_byte(void**) {
  const Octets bytes = conversation();
  for (std::size_t cut = 1; cut <= bytes.size(); ++cut) {
    LeanLoop loop;
    const auto client = loop.connect_ready();
    client->send(Octets(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)));
    loop.settle();
    client->close();
    expect_nothing_left(loop);
    loop.finish();
  }
}

// The same where the bytes and the end are seen in one turn.
void test_a_client_that_is_gone_in_the_turn_of_its_bytes(void**) {
  const Octets bytes = conversation();
  for (std::size_t cut = 1; cut <= bytes.size(); cut += 7) {
    LeanLoop loop;
    const auto client = loop.connect_ready();
    client->send(Octets(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)));
    client->close();
    expect_nothing_left(loop);
    loop.finish();
  }
}

void test_half_a_frame_holds_blocks_until_its_client_is_gone(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().frame_head(8, FrameType::Ping, 0, 0).raw({1, 2, 3}));
  loop.settle();
  assert_true(loop.used_blocks() > 0);
  client->close();
  expect_nothing_left(loop);
  loop.finish();
}

// Replies that the client does not read, more than its socket takes.
void test_unread_replies_go_with_their_client(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  FrameScript script;
  for (std::uint32_t stream = 1; stream < 40; stream += 2)
    script.raw(echo_call(stream, "Reply", echo_data(std::string(2000, 'x'))).bytes());
  client->send(script);
  loop.settle();
  assert_true(loop.used_blocks() > 0);
  client->close();
  expect_nothing_left(loop);
  loop.finish();
}

// Calls of each kind that are open: one waits for time, one for messages, one for a window.
void test_open_calls_end_with_their_client(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack());
  loop.settle();
  client->send(echo_call(1, "ReplyStream", echo_data("a", 3, 1000))
                   .headers(3, echo_head("Collect"))
                   .headers(5, echo_head("Chat"))
                   .data(5, echo_data("waits"))
                   .headers(7, echo_head("Reply", {{"grpc-timeout", "10S"}})));
  loop.settle();
  assert_int_equal(loop.open_calls(), 4);
  client->close();
  expect_nothing_left(loop);
  loop.finish();
}

void test_another_client_goes_on(void**) {
  LeanLoop loop;
  const auto gone = loop.connect_ready();
  const auto other = loop.connect_ready();
  other->send(FrameScript().headers(1, echo_head("Chat")).data(1, echo_data("one")));
  gone->send(FrameScript().headers(1, echo_head("Chat")).data(1, echo_data("half").substr(0, 5)));
  loop.settle();
  const std::size_t used = loop.used_blocks();
  gone->close();
  loop.settle();
  assert_true(loop.used_blocks() <= used);
  other->send(FrameScript().data(1, echo_data("two"), http2::kEndStream));
  loop.settle();
  expect(reply_texts(other->answer(1)), {"1 You said: one", "2 You said: two"});
  assert_string_equal(other->answer(1).status().c_str(), "0");
  loop.finish();
}

// Over TCP, where a close sends a reset for what it discards.
int connect_by_tcp(LeanLoop& loop) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  assert_int_equal(::bind(listener, generic, size), 0);
  assert_int_equal(::listen(listener, 1), 0);
  assert_int_equal(::getsockname(listener, generic, &size), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int small = 4096;
  ::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  assert_int_equal(::connect(client, generic, size), 0);
  const int server = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  assert_true(server >= 0);
  const int medium = 16'384;
  ::setsockopt(server, SOL_SOCKET, SO_SNDBUF, &medium, sizeof(medium));
  ::close(listener);
  assert_true(loop.open(server).start());
  return client;
}

// The kernel would keep it for minutes.
void test_unread_replies_in_the_kernel_are_discarded(void**) {
  LeanLoop loop;
  const int client = connect_by_tcp(loop);
  FrameScript script = hello().settings({{4, 1U << 30U}}).window_update(0, 1U << 30U).settings_ack();
  script.headers(1, echo_head("Reply"));
  add_data(script, 1, echo_data(std::string(60'000, 'x')), true);
  const Octets& bytes = script.bytes();
  assert_int_equal(::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL), bytes.size());
  loop.settle();
  assert_false(loop.connection().writable());
  loop.finish();
  std::array<char, 4096> piece{};
  ssize_t size = 0;
  do {
    size = ::recv(client, piece.data(), piece.size(), 0);
  } while (size > 0);
  assert_int_equal(size, -1);
  assert_int_equal(errno, ECONNRESET);
  ::close(client);
}

// After a graceful end the kernel goes on sending what the client has not read.
void test_unread_replies_in_the_kernel_are_sent_after_a_drain(void**) {
  LeanLoop loop;
  const int client = connect_by_tcp(loop);
  const Octets bytes =
      hello().settings_ack().raw(echo_call(1, "Reply", echo_data(std::string(14'000, 'x'))).bytes()).bytes();
  assert_int_equal(::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL), bytes.size());
  loop.settle();
  assert_true(loop.connection().writable());
  loop.drain();
  loop.pass(std::chrono::seconds(1));
  loop.pass(std::chrono::seconds(1));
  assert_int_equal(loop.connections(), 0);
  std::string text;
  std::array<char, 4096> piece{};
  ssize_t size = 0;
  while ((size = ::recv(client, piece.data(), piece.size(), 0)) > 0)
    text.append(piece.data(), static_cast<std::size_t>(size));
  assert_int_equal(size, 0);
  assert_true(text.ends_with("shutting down"));
  ::close(client);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_client_that_is_gone_behind_any_byte),
      cmocka_unit_test(test_a_client_that_is_gone_in_the_turn_of_its_bytes),
      cmocka_unit_test(test_half_a_frame_holds_blocks_until_its_client_is_gone),
      cmocka_unit_test(test_unread_replies_go_with_their_client),
      cmocka_unit_test(test_open_calls_end_with_their_client),
      cmocka_unit_test(test_another_client_goes_on),
      cmocka_unit_test(test_unread_replies_in_the_kernel_are_discarded),
      cmocka_unit_test(test_unread_replies_in_the_kernel_are_sent_after_a_drain),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
