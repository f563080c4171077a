// A link in memory: its port, its rate, its end.
#include "mote/testing/channel.h"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "echo_device.h"
#include "mote/span.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using testing::Channel;

std::uint32_t now_of(const mote_port& port) {
  return port.now_ms(port.context);
}

void test_the_port_before_a_connection(void**) {
  EchoServer server;
  const Channel channel(server);
  const mote_port& port = channel.port();
  std::array<std::uint8_t, 8> bytes{};
  assert_false(channel.connected());
  assert_int_equal(port.read(port.context, bytes.data(), bytes.size(), now_of(port) + 10), MOTE_PORT_CLOSED);
  assert_false(port.write(port.context, bytes.data(), bytes.size(), now_of(port) + 10));
  port.disconnect(port.context);
  assert_int_equal(now_of(port), 3'600'000);
}

// An HTTP/1 client gets one answer and the end.
void test_the_port_moves_bytes(void**) {
  EchoServer server;
  const Channel channel(server);
  const mote_port& port = channel.port();
  assert_true(port.connect(port.context, now_of(port)));
  assert_true(channel.connected());
  assert_int_equal(server.connections(), 1);
  std::array<std::uint8_t, 16> piece{};
  const std::uint32_t start = now_of(port);
  assert_int_equal(port.read(port.context, piece.data(), piece.size(), start + 100), 0);
  assert_int_equal(now_of(port), start + 100);
  assert_int_equal(port.read(port.context, piece.data(), piece.size(), start), 0);  // The deadline has passed.
  assert_int_equal(now_of(port), start + 100);
  const Bytes request = as_bytes("GET / HTTP/1.0\r\n\r\n");
  assert_true(port.write(port.context, request.data(), request.size(), start + 200));
  std::string answer;
  for (;;) {
    const int size = port.read(port.context, piece.data(), piece.size(), start + 200);
    if (size == MOTE_PORT_CLOSED) break;
    assert_in_range(size, 1, piece.size());
    answer += as_text(Bytes(piece).first(static_cast<std::size_t>(size)));
  }
  assert_true(answer.starts_with("HTTP/1."));
  assert_int_equal(now_of(port), start + 100);
}

// A new connection begins without the bytes of the one before.
void test_connecting_again(void**) {
  EchoServer server;
  EchoDevice device(server);
  for (int i = 0; i < 200; ++i) {  // More than max-connections: none is left open.
    assert_string_equal(device.ask("a").c_str(), "You said: a");
    assert_int_equal(server.connections(), 1);
    mote_client_close(&device.client);
    assert_int_equal(server.connections(), 0);
  }
}

void test_max_connections(void**) {
  EchoServer server({{"max-connections", "2"}});
  EchoDevice one(server);
  EchoDevice other(server);
  EchoDevice third(server);
  assert_string_equal(one.ask("1").c_str(), "You said: 1");
  assert_string_equal(other.ask("2").c_str(), "You said: 2");
  assert_string_equal(third.ask("3").substr(0, 11).c_str(), "UNAVAILABLE");
}

void test_refused_connections(void**) {
  EchoServer server;
  EchoDevice device(server);
  device.channel.refuse_connections(true);
  assert_string_equal(device.ask("a").substr(0, 11).c_str(), "UNAVAILABLE");
  device.channel.refuse_connections(false);
  server.advance(std::chrono::milliseconds(mote_client_retry_in_ms(&device.client)));
  assert_string_equal(device.ask("a").c_str(), "You said: a");
}

// The preface of a client (RFC 9113 3.4) with empty SETTINGS, and the bytes of the server until it has acknowledged them.
constexpr std::string_view kHello("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
constexpr std::string_view kAcknowledgement("\0\0\0\4\1\0\0\0\0", 9);

// A rate of n bytes per millisecond delays each direction by its bytes.
void test_a_rate_is_exact(void**) {
  EchoServer server;
  Channel channel(server);
  const mote_port& port = channel.port();
  const auto time_of_hello = [&](std::size_t rate) {
    channel.limit_bytes(rate);
    const rpc::Time start = server.now();
    const std::uint32_t deadline = now_of(port) + 1000;
    assert_true(port.connect(port.context, deadline));
    assert_true(port.write(port.context, as_bytes(kHello).data(), kHello.size(), deadline));
    std::string answer;
    std::array<std::uint8_t, 64> piece{};
    while (!answer.ends_with(kAcknowledgement)) {
      const int size = port.read(port.context, piece.data(), piece.size(), deadline);
      assert_in_range(size, 1, piece.size());
      answer += as_text(Bytes(piece).first(static_cast<std::size_t>(size)));
    }
    return server.now() - start;
  };
  assert_true(time_of_hello(SIZE_MAX) == 0ms);
  // Of 33 bytes 11 pass at once, and 11 after each of two milliseconds; the 9 bytes of the answer then need one more.
  assert_true(time_of_hello(11) == 3ms);
  assert_true(time_of_hello(33) == 1ms);
  assert_true(time_of_hello(3) == 13ms);
}

// Calls give the same replies whatever the rate.
void test_calls_at_any_rate(void**) {
  for (const std::size_t rate : {std::size_t{1}, std::size_t{7}, std::size_t{100}, SIZE_MAX}) {
    EchoServer server;
    EchoDevice device(server);
    device.channel.limit_bytes(rate);
    assert_string_equal(device.ask(std::string(150, 'x')).c_str(), ("You said: " + std::string(150, 'x')).c_str());
  }
}

// A stalled link passes nothing; its rate can change while a client waits.
void test_a_stall_ends(void**) {
  EchoServer server;
  EchoDevice device(server);
  assert_string_equal(device.ask("a").c_str(), "You said: a");
  device.channel.limit_bytes(0);
  server.after(400ms, [&] { device.channel.limit_bytes(SIZE_MAX); });
  const rpc::Time start = server.now();
  assert_string_equal(device.ask("b").c_str(), "You said: b");
  assert_true(server.now() == start + 400ms);
  device.channel.limit_bytes(0);
  assert_string_equal(device.ask("c", 700).substr(0, 17).c_str(), "DEADLINE_EXCEEDED");
  assert_true(server.now() == start + 1100ms);
}

// The server's buffers fill up when the client does not read; nothing is lost.
void test_a_client_that_does_not_read(void**) {
  EchoServer server;
  EchoDevice device(server);
  echo_EchoRequest request{};
  request.message = MOTE_TEXT("some text of a reply");
  request.count = 5000;
  mote_call options{};
  options.timeout_ms = 60'000;
  const echo_Echo_ReplyStream_call call = echo_Echo_ReplyStream(&device.client, &options, &request);
  server.advance(1s);
  assert_int_equal(server.open_calls(), 1);
  echo_EchoReply reply{};
  std::uint32_t replies = 0;
  while (echo_Echo_ReplyStream_receive(call, &reply, MOTE_TO_DEADLINE) == MOTE_MESSAGE)
    assert_int_equal(reply.number, ++replies);
  assert_int_equal(echo_Echo_ReplyStream_status(call), MOTE_OK);
  assert_int_equal(replies, 5000);
}

void test_a_broken_link_ends_both_sides(void**) {
  EchoServer server;
  EchoDevice device(server);
  assert_string_equal(device.ask("a").c_str(), "You said: a");
  device.channel.break_link();
  assert_false(device.channel.connected());
  server.settle();
  assert_int_equal(server.connections(), 0);
  device.ask("b");  // The client notices the end, or repeats the call on a new connection.
  server.advance(10s);
  assert_string_equal(device.ask("c").c_str(), "You said: c");
}

// Bytes on a slow link are lost when it breaks.
void test_a_break_loses_bytes_on_the_way(void**) {
  EchoServer server;
  const Channel open(server);
  Channel channel(server);
  const mote_port& port = channel.port();
  assert_true(port.connect(port.context, now_of(port)));
  channel.limit_bytes(1);
  const Bytes request = as_bytes("GET / HTTP/1.0\r\n\r\n");
  assert_true(port.write(port.context, request.data(), request.size(), now_of(port) + 100));
  channel.break_link();
  std::array<std::uint8_t, 8> bytes{};
  assert_int_equal(port.read(port.context, bytes.data(), bytes.size(), now_of(port) + 100), MOTE_PORT_CLOSED);
  assert_false(port.write(port.context, request.data(), 1, now_of(port) + 100));
  assert_int_equal(server.connections(), 0);
}

// A write that the link does not take by its deadline fails.
void test_a_write_to_a_stalled_link(void**) {
  EchoServer server;
  Channel channel(server);
  channel.limit_bytes(0);
  const mote_port& port = channel.port();
  assert_true(port.connect(port.context, now_of(port)));
  const std::vector<std::uint8_t> bytes(40'000, 0);
  const std::uint32_t start = now_of(port);
  assert_false(port.write(port.context, bytes.data(), bytes.size(), start + 50));
  assert_int_equal(now_of(port), start + 50);
}

void test_a_channel_that_ends_is_a_broken_link(void**) {
  EchoServer server;
  {
    const Channel channel(server);
    assert_true(channel.port().connect(channel.port().context, 0));
    assert_int_equal(server.connections(), 1);
  }
  assert_int_equal(server.connections(), 0);
}

// Keepalive of the client over a link that has died silently.
void test_keepalive(void**) {
  EchoServer server;
  mote_options options{};
  options.keepalive_ms = 1000;
  options.keepalive_timeout_ms = 500;
  EchoDevice device(server, options);
  assert_string_equal(device.ask("a").c_str(), "You said: a");
  assert_true(mote_client_poll(&device.client, 0));  // A WINDOW_UPDATE is behind the reply.
  for (int i = 0; i < 6; ++i)                        // A PING and its answer in turn.
    assert_true(mote_client_poll(&device.client, 1000));
  device.channel.limit_bytes(0);
  const rpc::Time start = server.now();
  assert_true(mote_client_poll(&device.client, 1000));
  assert_false(mote_client_poll(&device.client, 1000));
  assert_true(server.now() == start + 1500ms);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_port_before_a_connection),
      cmocka_unit_test(test_the_port_moves_bytes),
      cmocka_unit_test(test_connecting_again),
      cmocka_unit_test(test_max_connections),
      cmocka_unit_test(test_refused_connections),
      cmocka_unit_test(test_a_rate_is_exact),
      cmocka_unit_test(test_calls_at_any_rate),
      cmocka_unit_test(test_a_stall_ends),
      cmocka_unit_test(test_a_client_that_does_not_read),
      cmocka_unit_test(test_a_broken_link_ends_both_sides),
      cmocka_unit_test(test_a_break_loses_bytes_on_the_way),
      cmocka_unit_test(test_a_write_to_a_stalled_link),
      cmocka_unit_test(test_a_channel_that_ends_is_a_broken_link),
      cmocka_unit_test(test_keepalive),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
