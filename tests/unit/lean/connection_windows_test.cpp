// When a Connection with large windows announces them and refills its own window (connection_windows.cpp), in exact amounts.
#include <sys/epoll.h>

#include <memory>
#include <string>

#include "engine/lean/connection.h"
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
using lean::PoolAside;

constexpr std::int32_t kFull = 68 * 1024;  // What a promise allows.
constexpr std::size_t kFrameBytes = 16'384;

Limits windows(std::uint32_t count, std::uint32_t uploads = 0) {
  return limits([&](Limits& chosen) {
    chosen.max_message_bytes = uploads == 0 ? 64 * 1024 : 128 * 1024;
    chosen.stream_window_bytes = 2048;
    chosen.large_sockets = 16;
    chosen.large_windows = count;
    chosen.upload_windows = uploads;
    chosen.keepalive = 0ms;
  });
}

// The peer's preface. It reads replies of any size.
FrameScript preface(std::uint32_t stream_window = 1U << 30U) {
  return FrameScript().preface().settings({{4, stream_window}}).window_update(0, 1U << 30U);
}

std::unique_ptr<RawClient> connect(LeanLoop& loop, int send_bytes = 1 << 20U) {
  std::unique_ptr<RawClient> client = loop.connect(send_bytes);
  client->send(preface().settings_ack());
  loop.settle();
  (void)client->control();
  return client;
}

void send(LeanLoop& loop, const RawClient& client, const FrameScript& script) {
  client.send(script);
  loop.settle();
}

// DATA of a stream, without its end.
FrameScript data(std::uint32_t stream, std::string_view bytes) {
  FrameScript script;
  add_data(script, stream, bytes, false, kFrameBytes);
  return script;
}

std::int32_t window(LeanLoop& loop) {
  return loop.connection().http2().receive_window_bytes();
}

// A connection whose first reply waits for the window of its stream, in memory of the pool.
std::unique_ptr<RawClient> connect_with_waiting_reply(LeanLoop& loop) {
  std::unique_ptr<RawClient> client = loop.connect();
  send(loop, *client, preface(0).settings_ack());
  send(loop, *client, echo_call(1, "Reply", echo_data_of_size(3000)));
  assert_int_equal(window(loop), kFull);
  (void)client->text();
  (void)client->control();
  return client;
}

// The peer reads it, and sends a message that asks for a WINDOW_UPDATE.
FrameScript read_and_send() {
  FrameScript script;
  script.window_update(1, 1U << 20U).headers(3, echo_head("Collect"));
  return script.data(3, echo_data_of_size(5000));
}

// One send takes both.
void test_a_window_is_refilled_in_front_of_replies(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect_with_waiting_reply(loop);
  send(loop, *client, read_and_send());
  assert_int_equal(client->text().at(3), http2::FrameType::WindowUpdate);
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_int_equal(window(loop), kFull);
  loop.finish();
}

// In front of the reply the pool is short of memory, behind it no more.
void test_memory_is_looked_at_behind_replies(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect_with_waiting_reply(loop);
  assert_true(loop.used_blocks() > 2);
  TakenBlocks taken(loop.core(), PoolAside::kPromise - 2);
  send(loop, *client, read_and_send());
  expect(client->control(), {"WINDOW_UPDATE 0 +5005"});
  taken.release();
  loop.finish();
}

// It announces smaller windows, and no update goes in front of the replies.
void test_a_connection_that_is_asked_for_its_place_refills_nothing(void**) {
  for (const bool lost : {false, true}) {
    LeanLoop loop(windows(1));
    const auto client = connect_with_waiting_reply(loop);
    lean::LargeWindows& places = loop.core().large_windows;
    if (lost) {
      places.remove(loop.connection());
    } else {
      places.ask(loop.connection(), loop.core());
    }
    client->send(read_and_send());
    loop.connection().on_events(EPOLLIN);  // In its next turn it would announce them before it reads.
    expect(client->control(), {"SETTINGS 4=2048"});
    assert_string_equal(client->answer(1).status().c_str(), "0");
    loop.finish();
  }
}

void test_a_connection_that_fails_refills_nothing(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect_with_waiting_reply(loop);
  send(loop, *client, read_and_send().data(0, "x"));
  const Lines lines = client->control();
  assert_int_equal(lines.size(), 1);
  assert_true(lines[0].starts_with("GOAWAY"));
  loop.finish();
}

// The next SETTINGS are sent after the acknowledgement of the last ones.
void test_windows_are_announced_after_an_acknowledgement(void**) {
  LeanLoop loop(windows(1));
  const auto client = loop.connect();
  send(loop, *client, preface());
  (void)client->control();
  loop.core().large_windows.ask(loop.connection(), loop.core());
  loop.settle();
  expect(client->control(), {});
  send(loop, *client, FrameScript().settings_ack());
  expect(client->control(), {"SETTINGS 4=2048"});
  loop.finish();
}

// The client does not read, so there is no room until it does.
void test_windows_are_announced_behind_bytes_that_wait(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect(loop, 4096);
  std::uint32_t stream = 1;
  for (; loop.connection().writable(); stream += 2)
    send(loop, *client, echo_call(stream, "Reply", echo_data_of_size(16'000)));
  loop.core().large_windows.ask(loop.connection(), loop.core());
  loop.settle();
  loop.read_all(*client);
  assert_string_equal(client->answer(stream - 2).status().c_str(), "0");
  const Lines lines = client->control();
  assert_true(!lines.empty() && lines.back() == "SETTINGS 4=2048");
  loop.finish();
}

// For the next bytes of a message, within a millisecond after the last refill.
void test_a_refill_waits_only_above_half_of_the_window(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect(loop);
  const std::string message = echo_data_of_size(60'000);
  send(loop, *client, FrameScript().headers(1, echo_head("Reply")).data(1, message.substr(0, 5000)));
  assert_int_equal(window(loop), kFull);
  send(loop, *client, data(1, message.substr(5000, kFull - 32'767)));
  assert_int_equal(window(loop), 32'767);
  send(loop, *client, data(1, message.substr(5000 + kFull - 32'767, 1)));
  assert_int_equal(window(loop), kFull);
  loop.finish();
}

// 1023 bytes of a message wait for memory in one block: the window may be 67 KiB.
void test_a_refill_is_at_least_4096_bytes(void**) {
  for (const std::int32_t more : {0, 1}) {
    LeanLoop loop(windows(1));
    const auto client = connect(loop);
    TakenBlocks taken(loop.core(), 100);
    const std::string message = echo_data_of_size(40'000);
    const std::int32_t used = 65'535 - (kFull - 1024) + 4095 + more;
    send(loop, *client,
         FrameScript().headers(1, echo_head("Reply")).data(1, message.substr(0, static_cast<std::size_t>(used))));
    assert_non_null(loop.core().for_memory.first());
    assert_int_equal(window(loop), more == 0 ? 65'535 - used : kFull - 1024);
    taken.release();
    loop.finish();
  }
}

void test_a_refill_needs_the_memory_of_a_promise(void**) {
  for (const std::uint32_t free : {PoolAside::kPromise - 1, PoolAside::kPromise}) {
    LeanLoop loop(windows(1));
    const auto client = connect(loop);
    TakenBlocks taken(loop.core(), free);
    send(loop, *client, echo_call(1, "Reply", echo_data_of_size(5000)));
    assert_int_equal(window(loop), free == PoolAside::kPromise ? kFull : 65'535 - 5005);
    expect(client->control(), {free == PoolAside::kPromise ? "WINDOW_UPDATE 0 +9102" : "SETTINGS 4=2048"});
    taken.release();
    loop.finish();
  }
}

// A message that is admitted into the promise leaves the window as large as what is missing of it, and what the promise has beside it.
void test_a_window_has_room_for_a_message_in_the_promise(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect(loop);
  TakenBlocks taken(loop.core(), 136);
  const std::string message = echo_data_of_size(63 * 1024);
  const std::size_t size = message.size();
  send(loop, *client, FrameScript().headers(1, echo_head("Reply")).data(1, message.substr(0, 5000)));
  assert_null(loop.core().for_memory.first());
  assert_int_equal(window(loop), kFull - 63 * 1024 + static_cast<std::int32_t>(size - 5000));
  // Of it one byte is missing. Another message uses the window, but none waits: the connection keeps its place.
  send(loop, *client, data(1, message.substr(5000, size - 5001)));
  loop.pass(1ms);
  (void)client->control();
  send(loop, *client, echo_call(3, "Reply", echo_data_of_size(1100)));
  assert_in_range(window(loop), 1, 4095);
  expect(client->control(), {});
  assert_true(loop.connection().share().promised());
  taken.release();
  loop.finish();
}

// The window is charged for a whole frame when its header has arrived.
void test_a_frame_that_arrives_in_parts_is_no_room(void**) {
  for (const bool in_promise : {false, true}) {
    LeanLoop loop(windows(1));
    const auto client = connect(loop);
    TakenBlocks taken(loop.core(), in_promise ? 136 : 100);
    const std::string message = echo_data_of_size(63 * 1024);
    const auto size = static_cast<std::int32_t>(message.size());
    const Octets bytes = FrameScript().headers(1, echo_head("Reply")).data(1, message.substr(0, 8000), 0).bytes();
    const auto end = [&](std::ptrdiff_t missing) { return bytes.end() - missing; };
    client->send(Octets(bytes.begin(), end(5000)));
    loop.settle();
    // A message that waits for memory leaves less than a refill.
    const std::int32_t expected = in_promise ? kFull - 63 * 1024 + size - 8000 : 65'535 - 8000;
    assert_int_equal(window(loop), expected);
    client->send(Octets(end(5000), bytes.end()));
    loop.pass(1ms);
    assert_int_equal(window(loop), expected);
    taken.release();
    loop.finish();
  }
}

// Until its peer knows the windows that it has now.
void test_a_connection_gets_no_place_before_an_acknowledgement(void**) {
  LeanLoop loop(windows(1));
  const auto first = connect(loop);
  const auto second = loop.connect();
  send(loop, *second, preface());
  first->close();
  loop.settle();
  lean::Connection& connection = loop.connection();
  const auto gets_place = [&connection] {
    connection.note_window_wait();
    return connection.share().promised();
  };
  assert_false(gets_place());
  send(loop, *second, FrameScript().settings_ack());
  assert_true(gets_place());
  loop.core().large_windows.remove(connection);
  assert_true(gets_place());  // Nothing was announced.
  connection.run_next_turn();
  loop.settle();
  send(loop, *second, FrameScript().settings_ack());
  loop.core().large_windows.remove(connection);
  assert_false(gets_place());
  connection.run_next_turn();
  loop.settle();
  assert_false(gets_place());
  send(loop, *second, FrameScript().settings_ack());
  assert_true(gets_place());
  loop.finish();
}

void test_a_connection_that_drains_gets_no_place(void**) {
  for (const bool drains : {false, true}) {
    LeanLoop loop(windows(1));
    const auto first = connect(loop);
    const auto second = connect(loop);
    send(loop, *second, FrameScript().headers(1, echo_head("Reply")));
    first->close();
    loop.settle();
    if (drains) {
      loop.connection().drain();
      send(loop, *second, FrameScript().ping(1, http2::kAck));
    }
    send(loop, *second, data(1, echo_data_of_size(40'000).substr(0, 2000)));
    assert_int_equal(loop.connection().share().promised(), !drains);
    loop.finish();
  }
}

// An upload window is behind messages of more than 65,535 bytes.
void test_an_upload_window_is_behind_larger_messages(void**) {
  LeanLoop loop(windows(1, 1));
  const auto client = connect(loop);
  loop.core().large_windows.take_upload(loop.connection(), loop.core());
  assert_int_equal(loop.connection().window_behind_message(65'535), 65'535);
  assert_int_equal(loop.connection().window_behind_message(65'536), 256 * 1024);
  loop.finish();
}

// In its next turn, because the window is not larger than the smaller promise.
void test_an_upload_window_that_is_not_refilled_yet_ends_soon(void**) {
  LeanLoop loop(windows(1, 1));
  const auto client = connect(loop);
  loop.core().large_windows.take_upload(loop.connection(), loop.core());
  assert_true(loop.connection().share().enlarged());
  loop.core().large_windows.ask_upload_for_memory(loop.connection(), loop.core());
  loop.settle();
  assert_false(loop.connection().share().enlarged());
  loop.finish();
}

void test_an_upload_window_ends_when_the_smaller_promise_suffices(void**) {
  LeanLoop loop(windows(1, 1));
  const auto client = connect(loop);
  const std::string message = echo_data_of_size(100'000);
  const auto upload = [&](std::size_t from, std::size_t bytes) {
    send(loop, *client, data(1, message.substr(from, bytes)));
  };
  send(loop, *client, FrameScript().headers(1, echo_head("Collect")));
  upload(0, 5000);
  assert_int_equal(window(loop), 264 * 1024);
  loop.core().large_windows.ask_upload_for_memory(loop.connection(), loop.core());
  upload(5000, message.size() - 5000);
  upload(0, message.size());
  const std::int32_t rest = window(loop) - kFull;
  assert_in_range(rest, 2, 16'384);
  upload(0, static_cast<std::size_t>(rest) - 1);
  assert_true(loop.connection().share().enlarged());
  upload(static_cast<std::size_t>(rest) - 1, 1);
  assert_int_equal(window(loop), kFull);
  assert_false(loop.connection().share().enlarged());
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_window_is_refilled_in_front_of_replies),
      cmocka_unit_test(test_memory_is_looked_at_behind_replies),
      cmocka_unit_test(test_a_connection_that_is_asked_for_its_place_refills_nothing),
      cmocka_unit_test(test_a_connection_that_fails_refills_nothing),
      cmocka_unit_test(test_windows_are_announced_after_an_acknowledgement),
      cmocka_unit_test(test_windows_are_announced_behind_bytes_that_wait),
      cmocka_unit_test(test_a_refill_waits_only_above_half_of_the_window),
      cmocka_unit_test(test_a_refill_is_at_least_4096_bytes),
      cmocka_unit_test(test_a_refill_needs_the_memory_of_a_promise),
      cmocka_unit_test(test_a_window_has_room_for_a_message_in_the_promise),
      cmocka_unit_test(test_a_frame_that_arrives_in_parts_is_no_room),
      cmocka_unit_test(test_a_connection_gets_no_place_before_an_acknowledgement),
      cmocka_unit_test(test_a_connection_that_drains_gets_no_place),
      cmocka_unit_test(test_an_upload_window_is_behind_larger_messages),
      cmocka_unit_test(test_an_upload_window_that_is_not_refilled_yet_ends_soon),
      cmocka_unit_test(test_an_upload_window_ends_when_the_smaller_promise_suffices),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
