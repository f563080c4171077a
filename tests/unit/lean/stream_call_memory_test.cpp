// Exhausted memory, of the pool and of the share of a connection. Each time one call is refused, and all memory is released.
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/taken_blocks.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;
using engine::Limits;

// A pool of 64 small blocks, a share of 32, of which half is set aside for messages that wait.
const Limits kSmall = limits([](Limits& chosen) {
  chosen.max_message_bytes = 8 * 1024;
  chosen.stream_window_bytes = 2048;
  chosen.buffer_bytes = 64 * 1024;
  chosen.connection_buffer_bytes = 32 * 1024;
  chosen.write_stall = 1h;
  chosen.keepalive = 0ms;
});

constexpr const char* kSmallSettings = "SETTINGS 3=100 1=4096 6=8192 4=2048";

// The begin of a message of `size` bytes on a new stream, without its end.
FrameScript begun(std::uint32_t stream, std::size_t size) {
  return FrameScript().headers(stream, echo_head("Chat")).data(stream, framed(std::string(size, 'm')).substr(0, 5));
}

// A client that takes no replies, with so many calls that hold two small blocks each.
std::unique_ptr<RawClient> hold(LeanLoop& loop, std::uint32_t calls, int send_bytes = 1 << 20U) {
  std::unique_ptr<RawClient> client = loop.connect(send_bytes);
  client->send(hello().settings({{4, 0}}).settings_ack());
  const std::size_t before = loop.used_blocks();
  for (std::uint32_t i = 0; i < calls; ++i)
    client->send(echo_call(2 * i + 1, "ReplyStream", echo_data(std::string(900, 'h'), 2)));
  loop.settle();
  assert_int_equal(loop.used_blocks(), before + std::size_t{2} * calls);
  client->control();
  return client;
}

void expect_refused(RawClient& client, std::uint32_t stream, const std::string& message) {
  expect({client.answer(stream).status(), client.answer(stream).message()}, {"8", message});
}

constexpr const char* kShareUsedUp =
    "this connection's calls hold all of the 32768 bytes of buffers: fewer calls at once, or smaller messages";

// --- Messages that wait for memory ---

// An incomplete length has no meaning yet.
void test_half_a_prefix_opens_no_window(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Chat")).data(1, std::string("\x00\x00\xff\xff", 4)));
  loop.settle();
  expect(client->control(), {});
  client->close();
  loop.settle();
  loop.finish();
}

void test_a_window_opens_again_when_half_of_it_is_used(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect_ready();
  for (const std::uint32_t stream : {1U, 3U}) {
    const std::string data = echo_data_of_size(stream == 1 ? 1018 : 1019);
    client->send(FrameScript().headers(stream, echo_head("Collect")).data(stream, data));
  }
  loop.settle();
  expect(client->control(), {"WINDOW_UPDATE 3 +1024"});
  client->close();
  loop.settle();
  loop.finish();
}

void test_large_messages_wait_for_each_other(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect_ready();
  const std::string text(8000, 'w');
  const std::string data = echo_data(text);
  for (const std::uint32_t stream : {1U, 3U, 5U})
    client->send(FrameScript().headers(stream, echo_head("Reply")).data(stream, data.substr(0, 2000)));
  loop.settle();
  const std::string rest =
      std::to_string(data.size());  // What is left, and 2,048 bytes behind it, but for 48 that are.
  expect(client->control(), {"WINDOW_UPDATE 1 +" + rest});
  assert_int_equal(loop.count(LimitId::StreamWindowBytes), 2);
  for (const std::uint32_t stream : {1U, 3U, 5U}) {
    client->send(FrameScript().data(stream, data.substr(2000), http2::kEndStream));
    loop.settle();
    expect(reply_texts(client->answer(stream)), {"You said: " + text});
    const Lines next = client->control();
    if (stream != 5) expect(next, {"WINDOW_UPDATE " + std::to_string(stream + 2) + " +" + rest});
  }
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

void test_a_message_that_waits_too_long_is_refused(void**) {
  LeanLoop loop(kSmall);
  const auto client = hold(loop, 4);
  client->send(begun(101, 8000));
  loop.settle();
  assert_int_equal(loop.count(LimitId::StreamWindowBytes), 1);
  loop.pass(29'999ms);
  assert_false(client->answer(101).ended);
  loop.pass(1ms);
  expect_refused(*client, 101, kShareUsedUp);
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 1);
  assert_int_equal(loop.count(LimitId::MessageTimeout), 0);
  assert_int_equal(loop.open_calls(), 4);
  loop.finish();
}

void test_a_waiting_message_ends_with_its_call(void**) {
  for (const bool reset : {true, false}) {
    LeanLoop loop(kSmall);
    const auto first = hold(loop, 4);
    first->send(begun(101, 8000).data(101, std::string(1000, 'm')).raw(begun(103, 8000).bytes()));
    loop.settle();
    assert_int_equal(loop.used_blocks(), 9);
    if (reset) first->send(FrameScript().rst_stream(101, http2::ErrorCode::Cancel));
    if (!reset) first->close();
    loop.settle();
    assert_int_equal(loop.used_blocks(), reset ? 8 : 0);
    assert_int_equal(loop.open_calls(), reset ? 5 : 0);
    loop.finish();
  }
}

// What was let in under the windows of before needs more once SETTINGS have shrunk them.
void test_a_message_from_before_the_settings_continues(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect();
  client->send(hello().raw(begun(1, 4000).bytes()).raw(begun(3, 3000).bytes()));
  loop.settle();
  expect(client->control(), {kSmallSettings, "SETTINGS ack"});
  client->send(FrameScript().settings_ack());
  loop.settle();
  expect(client->control(), {"WINDOW_UPDATE 1 +4005", "WINDOW_UPDATE 3 +3005"});
  loop.finish();
}

// There is not even memory for the part of it that has arrived.
void test_a_message_that_cannot_wait(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect_ready();
  TakenBlocks taken(loop.core());
  client->send(begun(1, 8000).data(1, std::string(100, 'm')));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "8");
  assert_int_equal(loop.count(LimitId::BufferBytes), 1);
  taken.release();
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

// --- Memory that is used up ---

void test_a_share_is_used_up(void**) {
  LeanLoop loop(kSmall);
  const auto client = hold(loop, 16);
  client->send(echo_call(101, "ReplyStream", echo_data("one more", 2)));
  loop.settle();
  client->send(FrameScript().window_update(101, 1000));
  loop.settle();
  assert_string_equal(client->answer(101).status().c_str(), "8");
  assert_true(loop.count(LimitId::ConnectionBufferBytes) > 0);
  assert_int_equal(loop.count(LimitId::BufferBytes), 0);
  assert_int_equal(loop.open_calls(), 16);
  client->send(FrameScript().rst_stream(1, http2::ErrorCode::Cancel));
  client->send(echo_call(103, "ReplyStream", echo_data("one more", 1)).window_update(103, 1000));
  loop.settle();
  expect(reply_texts(client->answer(103)), {"1 You said: one more"});
  loop.finish();
}

void test_the_pool_is_used_up(void**) {
  LeanLoop loop(kSmall);
  const auto first = hold(loop, 16);
  const auto second = hold(loop, 15);
  const auto third = loop.connect_ready();
  third->send(FrameScript().headers(101, echo_head("Chat", {{"a", "b"}})));
  third->send(echo_call(103, "ReplyStream", echo_data(std::string(1900, 'k'), 2)));
  loop.settle();
  expect_refused(
      *third, 103,
      "the calls of all connections hold all of the 65536 bytes of buffers: fewer calls at once, or smaller messages");
  assert_int_equal(loop.count(LimitId::BufferBytes), 1);
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 0);
  third->send(FrameScript().rst_stream(101, http2::ErrorCode::Cancel));
  loop.settle();
  const auto fourth = hold(loop, 1);
  assert_int_equal(loop.used_blocks(), 64);

  // Calls that need no block are served. The others are refused with a message, if the message needs no block.
  third->send(echo_call(113, "Reply", echo_data("still here")));
  third->send(echo_call(115, "Reply", echo_data("a"), {{"x-echo-a", "b"}}));
  third->send(echo_call(117, "ReplyStream", echo_data("kept", 2)));
  loop.settle();
  expect(reply_texts(third->answer(113)), {"You said: still here"});
  expect_refused(*third, 115, "the gateway has no memory for the status message");
  expect_refused(*third, 117, "the gateway has no memory for the status message");

  first->close();
  loop.settle();
  assert_int_equal(loop.used_blocks(), 32);
  third->send(echo_call(119, "ReplyStream", echo_data("kept", 2), {{"x-echo-a", "b"}}));
  loop.settle();
  assert_string_equal(third->answer(119).status().c_str(), "0");
  loop.finish();
}

// A large field needs blocks that lie together.
void test_no_room_for_metadata(void**) {
  LeanLoop loop(kSmall);
  const auto client = hold(loop, 14);
  client->send(echo_call(101, "Reply", echo_data("a"), {{"x-echo-a", std::string(2000, 'a')}}));
  loop.settle();
  expect_refused(*client, 101, kShareUsedUp);
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 1);
  assert_int_equal(loop.open_calls(), 14);
  loop.finish();
}

// It stays refused whatever else its head says.
void test_no_room_for_metadata_of_a_page(void**) {
  LeanLoop loop(kSmall);
  const auto client = hold(loop, 14);
  Block head = Block().literal(":method", "GET").literal(":scheme", "http").literal(":path", "/");
  head.literal("x-echo-a", std::string(2000, 'a'));
  client->send(FrameScript().headers(101, head, http2::kEndHeaders | http2::kEndStream));
  loop.settle();
  expect_refused(*client, 101, kShareUsedUp);
  assert_int_equal(loop.open_calls(), 14);
  loop.finish();
}

void test_the_largest_field_in_a_small_block(void**) {
  constexpr std::size_t kSizes = 4;  // Of the name and the value.
  const std::string name = "x-a";
  for (const std::size_t more : {0U, 1U}) {
    LeanLoop loop(kSmall);
    const auto client = loop.connect_ready();
    const std::string value(lean::BlockPool::kSmallBytes - kSizes - name.size() + more, 'a');
    client->send(FrameScript().headers(1, echo_head("Collect").literal(name, value)));
    loop.settle();
    assert_int_equal(loop.used_blocks(), more == 0 ? 1 : lean::BlockPool::kSmallInLarge);
    client->close();
    loop.settle();
    loop.finish();
  }
}

void test_fields_that_fill_a_small_block(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect_ready();
  const std::size_t rest = lean::BlockPool::kSmallBytes - 2 * std::string_view("1234x-a").size() - 100;
  Block head = echo_head("Collect").literal("x-a", std::string(100, 'a')).literal("x-b", std::string(rest, 'b'));
  client->send(FrameScript().headers(1, head));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 1);
  client->close();
  loop.settle();
  loop.finish();
}

// The share has room for small blocks, but not for a large one: what lacks is the pool.
void test_no_memory_for_the_largest_field_in_a_small_block(void**) {
  Limits chosen = kSmall;
  chosen.connection_buffer_bytes = 28 * 1024;
  LeanLoop loop(chosen);
  const auto client = hold(loop, 12);
  TakenBlocks taken(loop.core());
  const std::string value(lean::BlockPool::kSmallBytes - 4 - std::string_view("x-a").size(), 'a');
  client->send(echo_call(101, "Reply", echo_data("a"), {{"x-a", value}}));
  loop.settle();
  assert_string_equal(client->answer(101).status().c_str(), "8");
  assert_int_equal(loop.count(LimitId::BufferBytes), 1);
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 0);
  taken.release();
  loop.finish();
}

// A header table lies in memory of its connection alone, and uses nothing of the pool.
void test_full_header_tables_use_no_blocks(void**) {
  LeanLoop loop(kSmall);
  const auto holder = hold(loop, 15);
  const std::size_t used = loop.used_blocks();
  const auto head = [](Block block) {
    block.literal(":method", "POST").literal(":scheme", "http").literal("te", "trailers");
    return block.literal("content-type", "application/grpc");
  };
  Block filling = head(Block().remembered(":path", "/echo.Echo/Reply"));
  filling.remembered("x-fill", std::string(4096 - (5 + 16 + 32) - (6 + 32), 'f'));  // All of the table.
  std::vector<std::unique_ptr<RawClient>> early;
  for (int i = 0; i < 20; ++i) {
    early.push_back(loop.connect());
    early.back()->send(hello().headers(1, filling).data(1, echo_data("a"), http2::kEndStream));
  }
  loop.settle();
  for (const auto& client : early) {
    client->send(FrameScript().settings_ack().headers(3, head(Block().indexed(63))));
    client->send(FrameScript().data(3, echo_data("b"), http2::kEndStream));
    loop.settle();
    expect(reply_texts(client->answer(1)), {"You said: a"});
    expect(reply_texts(client->answer(3)), {"You said: b"});
    expect(client->control(), {kSmallSettings, "SETTINGS ack"});
    assert_int_equal(loop.used_blocks(), used);
  }
  loop.finish();
}

void test_no_memory_for_the_rest_of_a_frame(void**) {
  LeanLoop loop(kSmall);
  const auto client = hold(loop, 16);
  client->send({0, 0});
  loop.settle();
  expect(client->control(), {"GOAWAY 31 ENHANCE_YOUR_CALM no memory for the rest of a frame"});
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 1);
  assert_int_equal(loop.count(LimitId::BufferBytes), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// A refusal cannot be sent: the connection is closed.
void test_no_memory_for_bytes_that_a_peer_does_not_read(void**) {
  LeanLoop loop(kSmall);
  const auto client = hold(loop, 16, 4096);
  FrameScript script;
  for (std::uint32_t stream = 101; stream < 600; stream += 2)
    script.headers(stream, echo_head("Sing"), kEndAll);
  client->send(script);
  loop.settle();
  assert_int_equal(loop.connections(), 0);
  assert_true(loop.count(LimitId::ConnectionBufferBytes) > 1);  // Calls are refused, too.
  assert_int_equal(loop.count(LimitId::BufferBytes), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_half_a_prefix_opens_no_window),
      cmocka_unit_test(test_a_window_opens_again_when_half_of_it_is_used),
      cmocka_unit_test(test_large_messages_wait_for_each_other),
      cmocka_unit_test(test_a_message_that_waits_too_long_is_refused),
      cmocka_unit_test(test_a_waiting_message_ends_with_its_call),
      cmocka_unit_test(test_a_message_from_before_the_settings_continues),
      cmocka_unit_test(test_a_message_that_cannot_wait),
      cmocka_unit_test(test_a_share_is_used_up),
      cmocka_unit_test(test_the_pool_is_used_up),
      cmocka_unit_test(test_no_room_for_metadata),
      cmocka_unit_test(test_no_room_for_metadata_of_a_page),
      cmocka_unit_test(test_the_largest_field_in_a_small_block),
      cmocka_unit_test(test_fields_that_fill_a_small_block),
      cmocka_unit_test(test_no_memory_for_the_largest_field_in_a_small_block),
      cmocka_unit_test(test_full_header_tables_use_no_blocks),
      cmocka_unit_test(test_no_memory_for_the_rest_of_a_frame),
      cmocka_unit_test(test_no_memory_for_bytes_that_a_peer_does_not_read),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
