// Replies that are larger than the send buffer: they are sent from the blocks of the pool, and take those of their request.
#include <algorithm>
#include <string>

#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/taken_blocks.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::Limits;

const Limits kLimits = limits([](Limits& chosen) { chosen.max_message_bytes = 1U << 20U; });

std::unique_ptr<RawClient> connect(LeanLoop& loop, int send_bytes, std::uint32_t window = 1U << 30U) {
  std::unique_ptr<RawClient> client = loop.connect(send_bytes);
  client->send(hello().settings({{4, window}}).window_update(0, 1U << 30U).settings_ack());
  loop.settle();
  return client;
}

// Sends a request in frames, as fast as the windows allow.
void send_call(LeanLoop& loop, RawClient& client, std::uint32_t stream, std::string_view method, std::string_view data,
               std::size_t frame_bytes = 16384) {
  client.send(FrameScript().headers(stream, echo_head(method)));
  for (std::size_t at = 0; at < data.size(); at += frame_bytes) {
    const bool last = at + frame_bytes >= data.size();
    client.send(FrameScript().data(stream, data.substr(at, frame_bytes), last ? http2::kEndStream : std::uint8_t{0}));
    loop.settle();
  }
}

void expect_reply(LeanLoop& loop, RawClient& client, std::uint32_t stream, const std::string& text) {
  loop.read_all(client);
  assert_true(reply_texts(client.answer(stream)) == Lines{text});
  assert_string_equal(client.answer(stream).status().c_str(), "0");
}

// The socket takes a part of a frame header, of a block, or all of a frame.
void test_a_socket_takes_any_part_of_a_reply(void**) {
  const std::string text = numbered_text(300'000);
  const std::string data = echo_data(text);
  for (int send_bytes = 2048; send_bytes < 60'000; send_bytes += 1777) {
    for (const std::size_t read_bytes : {1U, 700U, 5000U, 30'000U, 1U << 30U}) {
      LeanLoop loop(kLimits);
      const auto client = connect(loop, send_bytes);
      send_call(loop, *client, 1, "Reply", data);
      for (int i = 0; i < 20; ++i) {
        client->receive(read_bytes);
        loop.settle();
      }
      expect_reply(loop, *client, 1, "You said: " + text);
      assert_int_equal(loop.open_calls(), 0);
      assert_int_equal(loop.used_blocks(), 0);
      loop.finish();
    }
  }
}

void test_sizes_around_frames_and_buffers(void**) {
  for (const std::size_t size : {16'350U, 16'384U, 32'000U, 32'700U, 32'768U, 49'152U, 65'536U, 131'072U}) {
    for (std::size_t more = 0; more < 24; ++more) {
      LeanLoop loop(kLimits);
      const auto client = connect(loop, 1 << 20U);
      const std::string text = numbered_text(size + more);
      send_call(loop, *client, 1, "Reply", echo_data(text));
      expect_reply(loop, *client, 1, "You said: " + text);
      assert_int_equal(loop.used_blocks(), 0);
      loop.finish();
    }
  }
}

// Without a second turn if the socket takes it.
void test_a_large_reply_is_one_turn(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop, 1 << 20U);
  const std::string data = echo_data(numbered_text(50'000));
  client->send(FrameScript().headers(1, echo_head("Reply")));
  for (std::size_t at = 0; at < 48'000; at += 16'000)
    client->send(FrameScript().data(1, data.substr(at, 16'000)));
  loop.settle();
  client->send(FrameScript().data(1, data.substr(48'000), http2::kEndStream));
  loop.turn();
  client->receive();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_null(loop.core().again);
  assert_int_equal(loop.count(engine::LimitId::SendBytes), 0);
  loop.finish();
}

// Many replies in small blocks: more parts than one call of the kernel takes. Sixteen blocks fill a frame.
void expect_replies_in_small_blocks(std::size_t count, std::size_t frames) {
  LeanLoop loop(limits([](Limits& chosen) { chosen.stream_window_bytes = 128 * 1024; }));
  const auto client = connect(loop, 1 << 20U, 0);
  client->send(FrameScript().headers(1, echo_head("Chat")));
  const std::string text = numbered_text(1000);
  for (std::size_t i = 0; i < count; ++i) {
    client->send(FrameScript().data(1, echo_data(text)));
    loop.settle();
  }
  assert_in_range(loop.used_blocks(), count, count + 1);
  client->receive();
  (void)client->control();
  const std::uint64_t before = loop.core().bytes_sent;
  client->send(FrameScript().window_update(1, 1U << 30U));
  loop.settle();
  loop.read_all(*client);
  const Lines replies = reply_texts(client->answer(1));
  assert_int_equal(replies.size(), count);
  for (std::size_t i = 0; i < count; ++i)
    assert_true(replies[i] == std::to_string(i + 1) + " You said: " + text);
  const std::size_t window_update = client->control().empty() ? 0 : 13;
  assert_int_equal(loop.core().bytes_sent - before - client->answer(1).data.size(),
                   frames * http2::kFrameHeaderBytes + window_update);
  client->close();
  loop.settle();
  loop.finish();
}

void test_replies_in_small_blocks(void**) {
  expect_replies_in_small_blocks(48, 3);
  expect_replies_in_small_blocks(120, 6 + 2);
}

// What is kept of a frame that the socket takes in part needs no block of its own once its header is sent.
void test_a_part_of_a_frame_keeps_its_blocks(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop, 6000, 0);
  send_call(loop, *client, 1, "Reply", echo_data(numbered_text(300'000)));
  client->receive();
  const std::size_t before = loop.used_blocks();
  client->send(FrameScript().window_update(1, 1U << 30U));
  loop.turn();
  assert_false(loop.connection().writable());
  // Large blocks of the text, and the small one in front of it.
  assert_int_equal((before - loop.used_blocks()) % lean::BlockPool::kSmallInLarge, 1);
  loop.settle();
  loop.read_all(*client);
  loop.finish();
}

// It is sent at the end of its turn: answers to what came behind the request are in front of it.
void test_answers_in_front_of_a_large_reply(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop, 6000);
  const std::string data = echo_data(numbered_text(50'000));
  client->send(FrameScript().headers(1, echo_head("Reply")));
  for (std::size_t at = 0; at < 48'000; at += 16'000) {
    client->send(FrameScript().data(1, data.substr(at, 16'000)));
    loop.settle();
  }
  client->receive();
  (void)client->control();
  client->send(FrameScript().data(1, data.substr(48'000), http2::kEndStream).ping(7));
  loop.turn();
  assert_false(loop.connection().writable());
  client->receive();
  expect(client->control(), {"PING ack 7"});
  loop.read_all(*client);
  loop.finish();
}

void test_bytes_are_counted(void**) {
  for (const int send_bytes : {4096, 1 << 20}) {
    LeanLoop loop(kLimits);
    const auto client = connect(loop, send_bytes);
    std::uint64_t received = client->receive();
    send_call(loop, *client, 1, "Reply", echo_data(numbered_text(300'000)));
    for (std::size_t more = 1; more != 0; loop.settle()) {
      more = client->receive();
      received += more;
    }
    assert_true(client->answer(1).ended);
    assert_int_equal(loop.core().bytes_sent, received);
    loop.finish();
  }
}

// The reply takes the blocks of the request: while the client does not read it, there is one copy of the text.
void test_a_reply_takes_the_blocks_of_its_request(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop, 2048, 0);
  const std::string text = numbered_text(300'000);
  send_call(loop, *client, 1, "Reply", echo_data(text));
  assert_int_equal(loop.open_calls(), 1);
  assert_in_range(loop.used_blocks(), 293, 310);
  client->send(FrameScript().window_update(1, 1U << 30U));
  loop.settle();
  expect_reply(loop, *client, 1, "You said: " + text);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Behind the text there are more bytes in the request, and others in the reply.
void test_fields_behind_the_text(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop, 1 << 20U);
  const std::string text = numbered_text(100'000);
  echo_EchoRequest request = echo_request(text, 7, 8);
  request.timing = true;
  send_call(loop, *client, 1, "Reply", framed(encoded(request)));
  loop.read_all(*client);
  assert_true(reply_texts(client->answer(1)) == Lines{"You said: " + text});
  assert_true(reply_timing(client->answer(1).messages().at(0)).has_value());
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// A handler of a stream may read its request again.
void test_a_stream_of_replies_copies_the_text(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop, 1 << 20U);
  const std::string text = numbered_text(100'000);
  send_call(loop, *client, 1, "ReplyStream", echo_data(text, 3));
  loop.read_all(*client);
  assert_true(reply_texts(client->answer(1)) ==
              (Lines{"1 You said: " + text, "2 You said: " + text, "3 You said: " + text}));
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

void test_windows_smaller_than_a_frame(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop, 1 << 20U, 5000);
  const std::string text = numbered_text(80'000);
  send_call(loop, *client, 1, "Reply", echo_data(text));
  for (int i = 0; i < 20; ++i) {
    client->send(FrameScript().window_update(1, static_cast<std::uint32_t>(1 + i * 500)));
    loop.settle();
  }
  client->send(FrameScript().window_update(1, 100'000));
  loop.settle();
  expect_reply(loop, *client, 1, "You said: " + text);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// One call may not keep the other from sending: both get the same share of the turns.
void test_large_replies_take_turns(void**) {
  Limits chosen = kLimits;
  chosen.buffer_bytes = 16U << 20U;
  chosen.connection_buffer_bytes = 16U << 20U;
  LeanLoop loop(chosen);
  const auto client = connect(loop, 1 << 24U, 0);
  const std::string text = numbered_text(600'000);
  for (const std::uint32_t stream : {1U, 3U})
    send_call(loop, *client, stream, "Reply", echo_data(text));
  client->send(FrameScript().window_update(1, 1U << 30U).window_update(3, 1U << 30U));
  for (int turn = 0; turn < 2; ++turn) {
    loop.turn();
    client->receive();
  }
  const std::size_t first = client->answer(1).data.size();
  const std::size_t second = client->answer(3).data.size();
  assert_in_range(first, 500'000, 512 * 1024);
  assert_int_equal(first, second);
  loop.settle();
  for (const std::uint32_t stream : {1U, 3U})
    expect_reply(loop, *client, stream, "You said: " + text);
  loop.finish();
}

void test_a_connection_ends_within_a_reply(void**) {
  for (const bool reset : {true, false}) {
    LeanLoop loop(kLimits);
    const auto client = connect(loop, 4096);
    send_call(loop, *client, 1, "Reply", echo_data(numbered_text(200'000)));
    client->receive(10'000);
    loop.settle();
    assert_true(loop.used_blocks() > 0);
    if (reset) client->send(FrameScript().rst_stream(1, http2::ErrorCode::Cancel));
    if (!reset) client->close();
    loop.settle();
    if (reset) loop.read_all(*client);
    assert_int_equal(loop.open_calls(), 0);
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

// The socket does not even take all that the send buffer has in front of the reply.
void test_a_reply_behind_other_frames(void**) {
  constexpr std::uint64_t kPings = 900;
  Limits chosen = kLimits;
  chosen.turn_frames = 1000;
  LeanLoop loop(chosen);
  const auto client = connect(loop, 2048, 0);
  (void)client->control();
  const std::string text = numbered_text(100'000);
  send_call(loop, *client, 1, "Reply", echo_data(text));
  (void)client->control();
  FrameScript script = FrameScript().window_update(1, 1U << 30U);
  for (std::uint64_t i = 1; i <= kPings; ++i)
    script.ping(i);
  client->send(script);
  loop.settle();
  assert_false(loop.connection().writable());
  expect_reply(loop, *client, 1, "You said: " + text);
  const Lines control = client->control();
  assert_int_equal(control.size(), kPings);
  for (std::size_t i = 0; i < kPings; ++i)
    assert_string_equal(control[i].c_str(), ("PING ack " + std::to_string(i + 1)).c_str());
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

void test_a_client_that_is_gone_when_its_reply_begins(void**) {
  LeanLoop loop(kLimits);
  const auto client = connect(loop, 1 << 20U, 0);
  send_call(loop, *client, 1, "Reply", echo_data(numbered_text(100'000)));
  assert_int_equal(loop.open_calls(), 1);
  client->send(FrameScript().window_update(1, 1U << 30U));
  client->close();
  loop.turn();
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Without a block for a part of a frame header, replies are copied.
void test_a_pool_without_a_free_block(void**) {
  const Limits tight = limits([](Limits& chosen) {
    chosen.max_message_bytes = 64 * 1024;
    chosen.buffer_bytes = 256 * 1024;
    chosen.write_stall = 1h;
    chosen.keepalive = 0ms;
  });
  LeanLoop loop(tight);
  const auto client = connect(loop, 1 << 20U, 0);
  const std::string text = numbered_text(60'000);
  send_call(loop, *client, 1, "Reply", echo_data(text));
  TakenBlocks taken(loop.core());
  client->send(FrameScript().window_update(1, 1U << 30U));
  loop.settle();
  expect_reply(loop, *client, 1, "You said: " + text);
  taken.release();
  loop.finish();
}

// A reply that would take the blocks of its request needs blocks for the bytes around the text.
void test_no_blocks_around_the_text_of_a_reply(void**) {
  for (const std::size_t left : {0U, 1U}) {
    LeanLoop loop(kLimits);
    const auto client = connect(loop, 1 << 20U, 0);
    const std::string text = numbered_text(20'000);
    echo_EchoRequest request = echo_request(text);
    request.timing = true;
    const std::string data = framed(encoded(request));
    client->send(FrameScript().headers(1, echo_head("Reply")).data(1, data.substr(0, 10'000)));
    loop.settle();
    TakenBlocks taken(loop.core(), left);
    client->send(FrameScript().data(1, data.substr(10'000), http2::kEndStream).window_update(1, 1U << 30U));
    loop.settle();
    loop.read_all(*client);
    assert_string_equal(client->answer(1).status().c_str(), "8");
    expect(client->answer(1).messages(), {});
    taken.release();
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_socket_takes_any_part_of_a_reply),
      cmocka_unit_test(test_sizes_around_frames_and_buffers),
      cmocka_unit_test(test_a_large_reply_is_one_turn),
      cmocka_unit_test(test_replies_in_small_blocks),
      cmocka_unit_test(test_a_part_of_a_frame_keeps_its_blocks),
      cmocka_unit_test(test_answers_in_front_of_a_large_reply),
      cmocka_unit_test(test_bytes_are_counted),
      cmocka_unit_test(test_a_reply_takes_the_blocks_of_its_request),
      cmocka_unit_test(test_fields_behind_the_text),
      cmocka_unit_test(test_a_stream_of_replies_copies_the_text),
      cmocka_unit_test(test_windows_smaller_than_a_frame),
      cmocka_unit_test(test_large_replies_take_turns),
      cmocka_unit_test(test_a_connection_ends_within_a_reply),
      cmocka_unit_test(test_no_blocks_around_the_text_of_a_reply),
      cmocka_unit_test(test_a_reply_behind_other_frames),
      cmocka_unit_test(test_a_client_that_is_gone_when_its_reply_begins),
      cmocka_unit_test(test_a_pool_without_a_free_block),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
