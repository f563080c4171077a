// Large messages of requests: their DATA goes straight into their blocks, whatever frames come between.
#include <sys/epoll.h>

#include <algorithm>
#include <functional>
#include <string>

#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::LimitId;
using engine::Limits;

const Limits kLimits = limits([](Limits& chosen) { chosen.max_message_bytes = 1U << 20U; });
constexpr std::size_t kFrameBytes = 16'384;
// As much as the connection's window always allows.
constexpr std::size_t kTurnBytes = 32'767;

std::unique_ptr<RawClient> connect(LeanLoop& loop) {
  std::unique_ptr<RawClient> client = loop.connect();
  client->send(hello().settings({{4, 1U << 30U}}).window_update(0, 1U << 30U).settings_ack());
  loop.settle();
  return client;
}

void expect_reply(LeanLoop& loop, RawClient& client, std::uint32_t stream, const std::string& text) {
  loop.read_all(client);
  assert_true(reply_texts(client.answer(stream)) == Lines{"You said: " + text});
  assert_string_equal(client.answer(stream).status().c_str(), "0");
}

void expect_nothing_left(LeanLoop& loop) {
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// A call whose message has begun; `data` is what remains of it.
std::string begin_call(LeanLoop& loop, RawClient& client, const std::string& text, std::uint32_t stream = 1) {
  const std::string data = echo_data(text);
  client.send(FrameScript().headers(stream, echo_head("Reply")).data(stream, data.substr(0, 100)));
  loop.settle();
  return data.substr(100);
}

// The gateway reads the end of a frame and what follows it in one turn.
void test_a_message_is_not_copied(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop);
  const std::string text = numbered_text(400'000);
  const std::string rest = begin_call(loop, *client, text);
  client->send(FrameScript().data(1, rest.substr(0, kFrameBytes - 100)));
  const std::uint64_t full = loop.core().counters.of(LimitId::ReceiveBytes);
  for (std::size_t at = kFrameBytes - 100; at < rest.size(); at += 2 * kFrameBytes) {
    FrameScript two;
    for (const std::size_t from : {at, at + kFrameBytes}) {
      if (from < rest.size())
        two.data(1, rest.substr(from, kFrameBytes),
                 from + kFrameBytes < rest.size() ? std::uint8_t{0} : http2::kEndStream);
    }
    client->send(two);
    loop.settle();
  }
  expect_reply(loop, *client, 1, text);
  assert_true(loop.core().counters.of(LimitId::ReceiveBytes) <= full + 2);
  expect_nothing_left(loop);
}

// Sends the rest of a message in frames that `frame_bytes` gives, with what `between` adds in front of each, in turns of any size.
void send_rest(LeanLoop& loop, RawClient& client, std::string_view rest,
               const std::function<std::size_t()>& frame_bytes, const std::function<void(FrameScript&)>& between,
               const std::function<std::size_t()>& turn_bytes) {
  Octets bytes;
  while (!rest.empty()) {
    FrameScript script;
    between(script);
    const std::size_t size = std::min(frame_bytes(), rest.size());
    script.data(1, rest.substr(0, size), size == rest.size() ? http2::kEndStream : std::uint8_t{0});
    rest.remove_prefix(size);
    bytes = bytes + script.bytes();
    while (!bytes.empty() && (bytes.size() >= kTurnBytes / 2 || rest.empty())) {
      const auto part = static_cast<std::ptrdiff_t>(std::min(turn_bytes(), bytes.size()));
      client.send(Octets(bytes.begin(), bytes.begin() + part));
      bytes.erase(bytes.begin(), bytes.begin() + part);
      loop.settle();
      client.receive();
    }
  }
}

void test_any_frames_and_reads(void**) {
  std::mt19937 random = seeded_random();
  for (int round = 0; round < 60; ++round) {
    LeanLoop loop(kLimits);
    const auto client = connect(loop);
    const std::string text = numbered_text(20'000 + pick(random, 300'000));
    const std::string rest = begin_call(loop, *client, text);
    const std::size_t usual = 1 + pick(random, kFrameBytes - 1);
    std::uint32_t stream = 1;
    send_rest(
        loop, *client, rest, [&] { return pick(random, 3) == 0 ? pick(random, kFrameBytes) : usual; },
        [&](FrameScript& script) {
          if (pick(random, 9) == 0) script.ping(7);
          if (pick(random, 9) == 0) script.padded_data(1, "", static_cast<std::uint8_t>(pick(random, 255)));
          if (pick(random, 9) != 0) return;
          stream += 2;
          script.headers(stream, echo_head("Reply")).data(stream, echo_data("small"), http2::kEndStream);
        },
        [&] { return 1 + pick(random, pick(random, 1) == 0 ? 100 : kTurnBytes); });
    expect_reply(loop, *client, 1, text);
    for (std::uint32_t small = 3; small <= stream; small += 2)
      expect_reply(loop, *client, small, "small");
    expect_nothing_left(loop);
  }
}

// The kernel may say that there are bytes when there are none any more.
void test_a_turn_without_bytes(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop);
  const std::string text = numbered_text(50'000);
  const std::string rest = begin_call(loop, *client, text);
  client->send(FrameScript().data(1, rest.substr(0, kFrameBytes), 0));
  loop.settle();
  const std::uint64_t before = loop.core().bytes_received;
  loop.connection(0).on_events(EPOLLIN);
  assert_int_equal(loop.core().bytes_received, before);
  FrameScript script;
  add_data(script, 1, rest.substr(kFrameBytes), true);
  client->send(script);
  loop.settle();
  assert_int_equal(loop.core().bytes_received - before, script.bytes().size());
  expect_reply(loop, *client, 1, text);
  expect_nothing_left(loop);
}

// Nothing follows the last byte of the message at first.
void test_the_end_of_the_stream_comes_later(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop);
  const std::string text = numbered_text(20'000);
  const std::string rest = begin_call(loop, *client, text);
  FrameScript script;
  add_data(script, 1, rest, false);
  const Octets bytes = script.bytes();
  client->send(Octets(bytes.begin(), bytes.begin() + 10'000));
  loop.settle();
  client->send(Octets(bytes.begin() + 10'000, bytes.end()));
  loop.settle();
  expect_reply(loop, *client, 1, text);
  expect_nothing_left(loop);
}

// Each part extends its time.
void test_a_slow_message_has_time(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop);
  const std::string text = numbered_text(30'000);
  const std::string rest = begin_call(loop, *client, text);
  FrameScript script;
  add_data(script, 1, rest, true);
  const std::uint32_t per_second = kLimits.min_progress_bytes;
  for (std::size_t at = 0; at < script.bytes().size(); at += 5 * per_second) {
    const auto from = script.bytes().begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t left = script.bytes().size() - at;
    client->send(Octets(from, from + static_cast<std::ptrdiff_t>(std::min<std::size_t>(left, 5 * per_second))));
    loop.pass(std::chrono::seconds(5));
  }
  expect_reply(loop, *client, 1, text);
  expect_nothing_left(loop);
}

// The part of a frame that is still to come is in the window already.
void test_a_frame_that_arrives_in_parts_is_granted_once(void**) {
  const Limits chosen = limits([](Limits& all) {
    all.max_message_bytes = 1U << 20U;
    all.stream_window_bytes = 2048;
    all.large_windows = 0;
  });
  LeanLoop loop(chosen);
  const auto client = connect(loop);
  const std::string data = echo_data(numbered_text(100'000));
  client->send(FrameScript().headers(1, echo_head("Collect")).data(1, data.substr(0, 100)));
  loop.settle();
  for (std::size_t at = 100; at < data.size(); at += kFrameBytes) {
    const Octets frame = FrameScript().data(1, data.substr(at, kFrameBytes), 0).bytes();
    client->send(Octets(frame.begin(), frame.begin() + 200));
    loop.settle();
    client->send(Octets(frame.begin() + 200, frame.end()));
    loop.settle();
  }
  assert_int_equal(loop.connection().http2().first_stream()->receive_window_bytes, 2048);
  client->close();
  loop.settle();
  expect_nothing_left(loop);
}

// In the middle of frames that go to the blocks.
void test_a_reset(void**) {
  for (const std::size_t sent : {std::size_t{5000}, kFrameBytes, kFrameBytes + 9}) {
    LeanLoop loop(kLimits);
    const auto client = connect(loop);
    const std::string text = numbered_text(200'000);
    const std::string rest = begin_call(loop, *client, text);
    FrameScript script;
    script.data(1, rest.substr(0, kFrameBytes)).data(1, rest.substr(kFrameBytes, kFrameBytes));
    const Octets bytes = script.bytes();
    client->send(Octets(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(sent)));
    loop.settle();
    client->send(Octets(bytes.begin() + static_cast<std::ptrdiff_t>(sent), bytes.end()));
    client->send(FrameScript().rst_stream(1, http2::ErrorCode::Cancel).ping(9));
    loop.settle();
    client->receive();
    assert_string_equal(client->control().back().c_str(), "PING ack 9");
    expect_nothing_left(loop);
  }
}

// A frame that is an error for its stream ends the call; what the peer sends behind it is discarded.
void test_more_data_than_announced(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop);
  const std::string data = echo_data(numbered_text(200'000));
  client->send(FrameScript().headers(1, request({{"content-length", "30000"}})).data(1, data.substr(0, 4000)));
  loop.settle();
  FrameScript script;
  for (std::size_t at = 4000; at < 4000 + 3 * kFrameBytes; at += kFrameBytes)
    script.data(1, data.substr(at, kFrameBytes));
  const Octets bytes = script.ping(9).bytes();
  client->send(Octets(bytes.begin(), bytes.begin() + 100));
  loop.settle();
  client->send(Octets(bytes.begin() + 100, bytes.end()));
  loop.settle();
  client->receive();
  assert_string_equal(client->answer(1).reset.c_str(), "PROTOCOL_ERROR");
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  client->send(echo_call(3, "Reply", echo_data("next")));
  loop.settle();
  expect_reply(loop, *client, 3, "next");
  expect_nothing_left(loop);
}

void test_the_stream_ends_inside_the_message(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop);
  const std::string rest = begin_call(loop, *client, numbered_text(200'000));
  client->send(FrameScript()
                   .data(1, rest.substr(0, kFrameBytes))
                   .data(1, rest.substr(kFrameBytes, kFrameBytes), http2::kEndStream));
  loop.settle();
  client->receive();
  assert_string_equal(client->answer(1).message().c_str(), "the last message is incomplete");
  expect_nothing_left(loop);
}

void test_the_connection_ends_inside_the_message(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop);
  const std::string rest = begin_call(loop, *client, numbered_text(200'000));
  client->send(
      FrameScript().data(1, rest.substr(0, kFrameBytes)).frame_head(kFrameBytes, http2::FrameType::Data, 0, 1));
  loop.settle();
  client->close();
  loop.settle();
  expect_nothing_left(loop);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_message_is_not_copied),
      cmocka_unit_test(test_any_frames_and_reads),
      cmocka_unit_test(test_a_turn_without_bytes),
      cmocka_unit_test(test_the_end_of_the_stream_comes_later),
      cmocka_unit_test(test_a_slow_message_has_time),
      cmocka_unit_test(test_a_frame_that_arrives_in_parts_is_granted_once),
      cmocka_unit_test(test_a_reset),
      cmocka_unit_test(test_more_data_than_announced),
      cmocka_unit_test(test_the_stream_ends_inside_the_message),
      cmocka_unit_test(test_the_connection_ends_inside_the_message),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
