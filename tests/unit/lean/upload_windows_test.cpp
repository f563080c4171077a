// Upload windows of lean::LargeWindows: messages above 64 KiB over a long link.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/lean/large_windows.h"
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

constexpr std::size_t kFrameBytes = 16'384;
constexpr std::size_t kMessageBytes = 1U << 20U;
// What a link of 20 Mbit/s and 100 ms holds.
constexpr std::size_t kLinkBytes = 250'000;

Limits uploads(std::uint32_t count, std::uint32_t large = 10, std::uint32_t pool_bytes = 0) {
  return limits([&](Limits& chosen) {
    chosen.max_message_bytes = kMessageBytes;
    chosen.buffer_bytes = pool_bytes;
    chosen.stream_window_bytes = 2048;
    chosen.large_sockets = 16;
    chosen.large_windows = large;
    chosen.upload_windows = count;
    chosen.keepalive = 0ms;
  });
}

std::unique_ptr<RawClient> connect(LeanLoop& loop) {
  std::unique_ptr<RawClient> client = loop.connect();
  client->send(FrameScript().preface().settings({{4, 1U << 30U}}).window_update(0, 1U << 30U).settings_ack());
  loop.settle();
  (void)client->control();
  return client;
}

// A stream of messages, in frames of the usual size.
struct Upload {
  LeanLoop& loop;
  RawClient& client;
  std::size_t connection;
  std::size_t frame_bytes = kFrameBytes;
  lean::Time frame_time = 1ms;
  std::size_t at = 0;
  std::string data = echo_data_of_size(kMessageBytes);

  void begin() {
    client.send(FrameScript().headers(1, echo_head("Collect")));
    send_frame();
  }
  void send_frame() {
    const std::string frame = data.substr(at, frame_bytes);
    client.send(FrameScript().data(1, frame, 0));
    loop.settle();
    loop.pass(frame_time);
    client.receive();
    at = at + frame.size() == data.size() ? 0 : at + frame.size();
  }
  void finish_message() {
    while (at != 0)
      send_frame();
  }
  [[nodiscard]] bool has_window() const { return loop.connection(connection).share().enlarged(); }
  [[nodiscard]] std::int32_t connection_window() const {
    return loop.connection(connection).http2().receive_window_bytes();
  }
  [[nodiscard]] std::int32_t stream_window() const {
    return loop.connection(connection).http2().first_stream()->receive_window_bytes;
  }
};

// Frames that a client cannot send although the link has room, because no WINDOW_UPDATE allows them yet: what the gateway grants
// arrives when the link's content has been sent. The first message finds out that the connection uploads.
std::size_t count_waits(const Limits& chosen) {
  LeanLoop loop(chosen);
  const auto client = connect(loop);
  Upload upload{loop, *client, 0, 4096};
  upload.begin();
  upload.finish_message();
  struct Granted {
    std::size_t sent;
    std::size_t most;
  };
  std::vector<Granted> history;
  std::size_t waits = 0;
  std::size_t sent = 0;
  while (sent < 4 * kMessageBytes) {
    const auto window = static_cast<std::size_t>(std::min(upload.connection_window(), upload.stream_window()));
    history.push_back({sent, sent + window});
    std::size_t most = history.front().most;
    for (const Granted& each : history) {
      if (each.sent + kLinkBytes <= sent) most = each.most;
    }
    const std::size_t next = std::min(upload.frame_bytes, upload.data.size() - upload.at);
    waits += sent + next > most ? 1 : 0;
    upload.send_frame();
    sent += next;
  }
  client->close();
  loop.settle();
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
  return waits;
}

void test_an_upload_keeps_a_long_link_busy(void**) {
  assert_int_equal(count_waits(uploads(1)), 0);
}

// Of a message whose frames arrive at once or a millisecond apart.
std::ptrdiff_t count_window_updates(lean::Time frame_time) {
  LeanLoop loop(uploads(1));
  const auto client = connect(loop);
  Upload upload{loop, *client, 0, kFrameBytes, frame_time};
  upload.begin();
  (void)client->control();
  upload.finish_message();
  // The next message finds all of the window.
  assert_in_range(upload.connection_window(), 256 * 1024, 264 * 1024);
  const Lines control = client->control();
  loop.finish();
  return std::count_if(control.begin(), control.end(),
                       [](const std::string& line) { return line.starts_with("WINDOW_UPDATE 0 "); });
}

// An upload window enlarges a large window. Without one, a large message is no reason to count that none was free.
void test_without_a_large_window_there_is_no_upload_window(void**) {
  LeanLoop loop(uploads(1, 1));
  const auto first = connect(loop);
  Upload upload{loop, *first, 0};
  upload.begin();
  upload.send_frame();
  assert_true(upload.has_window());
  const auto second = connect(loop);
  Upload other{loop, *second, 1, 2000};
  other.begin();
  assert_true(other.stream_window() > 2000);  // The message is admitted.
  assert_false(loop.connection(1).share().promised());
  assert_false(other.has_window());
  assert_int_equal(loop.count(LimitId::UploadWindows), 0);
  loop.finish();
}

void test_a_fast_upload_gets_few_window_updates(void**) {
  assert_in_range(count_window_updates(0us), 4, 12);
  assert_in_range(count_window_updates(1ms), 60, 64);
}

void test_without_a_place_it_waits(void**) {
  assert_true(count_waits(uploads(0)) > 100);
}

void test_a_message_above_64_kib_takes_a_place(void**) {
  LeanLoop loop(uploads(1));
  const auto first = connect(loop);
  const auto second = connect(loop);
  const std::string small = echo_data_of_size(65'535);
  first->send(FrameScript().headers(1, echo_head("Collect")).data(1, small.substr(0, kFrameBytes), 0));
  loop.settle();
  assert_false(loop.connection(0).share().enlarged());
  Upload upload{loop, *second, 1};
  upload.begin();
  assert_true(upload.has_window());
  assert_true(loop.connection(1).has_upload_socket);
  assert_in_range(upload.connection_window(), 256 * 1024, 264 * 1024);
  assert_int_equal(loop.core().large_sockets.uploads(), 1);
  assert_int_equal(loop.count(LimitId::UploadWindows), 0);
  second->close();
  loop.settle();
  assert_int_equal(loop.core().large_sockets.uploads(), 0);
  loop.finish();
}

// Messages of at most 64 KiB need none, and so the worst case has no memory for them.
void test_small_messages_have_no_upload_windows(void**) {
  Limits chosen = uploads(2);
  assert_int_equal(engine::usable_upload_windows(chosen), 2);
  chosen.max_message_bytes = 64 * 1024;
  assert_int_equal(engine::usable_upload_windows(chosen), 0);
}

void test_the_size_of_a_window(void**) {
  Limits chosen = uploads(1, 1);
  chosen.upload_window_bytes = 512 * 1024;
  LeanLoop loop(chosen);
  const auto client = connect(loop);
  Upload upload{loop, *client, 0};
  upload.begin();
  upload.send_frame();
  assert_true(upload.has_window());
  assert_in_range(upload.connection_window(), 512 * 1024, 520 * 1024);
  // SETTINGS enlarge it beside what the message got.
  const std::size_t enlarged = 128 * 1024 - 65'535;
  assert_in_range(upload.stream_window(), kMessageBytes + 448 * 1024 + enlarged, kMessageBytes + 512 * 1024 + enlarged);
  loop.finish();
}

std::ptrdiff_t count_settings(RawClient& client, std::int32_t window) {
  const Lines lines = client.control();
  return std::count(lines.begin(), lines.end(), "SETTINGS 4=" + std::to_string(window));
}

Limits uploads_with_window(std::uint32_t kib) {
  Limits chosen = uploads(1, 1, 16 * kMessageBytes);
  chosen.upload_window_bytes = kib * 1024;
  return chosen;
}

// An upload whose client has acknowledged the larger windows of its next calls.
struct LargerWindows {
  LeanLoop loop{uploads_with_window(1024)};
  std::unique_ptr<RawClient> client = connect(loop);
  Upload upload{loop, *client, 0};

  LargerWindows() {
    upload.begin();
    client->send(FrameScript().settings_ack());
    loop.settle();
    assert_int_equal(count_settings(*client, 256 * 1024), 1);
  }
};

// A quarter of the connection's, where that is more than a large window.
void test_the_window_that_the_next_calls_begin_with(void**) {
  struct Case {
    std::uint32_t upload_window_kib;
    std::int32_t window;
  };
  for (const Case& one : {Case{256, 65'535}, Case{257, 65'792}, Case{2048, 512 * 1024}}) {
    LeanLoop loop(uploads_with_window(one.upload_window_kib));
    const auto client = connect(loop);
    Upload upload{loop, *client, 0};
    upload.begin();
    assert_true(upload.has_window());
    assert_int_equal(count_settings(*client, one.window), one.window != 65'535);
    client->send(FrameScript().settings_ack().headers(3, echo_head("Collect")));
    loop.settle();
    assert_int_equal(loop.connection().http2().first_stream()->next->receive_window_bytes, one.window);
    loop.finish();
  }
}

// Many messages at once would use all of the connection's window while they wait for memory.
void test_messages_at_once_begin_with_large_windows(void**) {
  LeanLoop loop(uploads_with_window(1024));
  const auto client = connect(loop);
  client->send(FrameScript().headers(1, echo_head("Collect")).headers(3, echo_head("Collect")));
  Upload upload{loop, *client, 0};
  upload.send_frame();
  assert_true(upload.has_window());
  assert_int_equal(count_settings(*client, 256 * 1024), 0);
  client->send(FrameScript().rst_stream(3, http2::ErrorCode::Cancel));
  upload.finish_message();
  assert_int_equal(count_settings(*client, 256 * 1024), 0);
  upload.send_frame();
  assert_int_equal(count_settings(*client, 256 * 1024), 1);
  loop.finish();
}

void test_a_message_that_waits_makes_windows_smaller(void**) {
  LargerWindows larger;
  auto& [loop, client, upload] = larger;
  TakenBlocks taken(loop.core(), 1500);
  client->send(FrameScript().headers(3, echo_head("Collect")).data(3, upload.data.substr(0, kFrameBytes), 0));
  loop.settle();
  assert_int_equal(loop.count(LimitId::StreamWindowBytes), 1);
  assert_int_equal(count_settings(*client, 65'535), 1);
  client->send(FrameScript().settings_ack().rst_stream(3, http2::ErrorCode::Cancel));
  taken.release();
  upload.finish_message();
  (void)client->control();
  upload.send_frame();
  assert_int_equal(count_settings(*client, 256 * 1024), 1);
  loop.finish();
}

// The window of the connection is refilled while the peer has not acknowledged the larger windows.
void test_an_upload_does_not_wait_for_an_acknowledgement(void**) {
  LeanLoop loop(uploads_with_window(1024));
  const auto client = loop.connect();
  client->send(FrameScript().preface().settings({{4, 1U << 30U}}).window_update(0, 1U << 30U));
  loop.settle();
  Upload upload{loop, *client, 0};
  upload.begin();
  assert_true(upload.has_window());
  assert_true(upload.connection_window() >= 1024 * 1024);
  loop.finish();
}

// SETTINGS end the larger windows when the upload window ends. What was granted is in the window of the connection.
void test_smaller_windows_follow_an_upload_window(void**) {
  LargerWindows larger;
  auto& [loop, client, upload] = larger;
  loop.core().large_windows.ask_upload_for_memory(loop.connection(), loop.core());
  loop.settle();
  assert_int_equal(count_settings(*client, 65'535), 1);
  upload.finish_message();
  loop.finish();
}

// The promise may have half of the connection's share.
void test_a_window_needs_twice_its_bytes_of_the_share(void**) {
  Limits chosen = uploads(1, 1, 8 * kMessageBytes);
  for (const std::uint32_t missing : {0U, 2048U}) {
    chosen.upload_window_bytes = 2 * kMessageBytes - 8192;
    chosen.connection_buffer_bytes = 4 * kMessageBytes - missing;
    LeanLoop loop(chosen);
    const auto client = connect(loop);
    Upload upload{loop, *client, 0};
    upload.begin();
    assert_int_equal(upload.has_window(), missing == 0);
    assert_int_equal(loop.count(LimitId::UploadWindows), missing == 0 ? 0 : 1);
    loop.finish();
  }
}

// The other places of large-windows keep their promises, and devices do not wait for uploads.
void test_devices_do_not_wait_for_uploads(void**) {
  LeanLoop loop(uploads(2, 10, 8 * kMessageBytes));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 10; ++i)
    clients.push_back(connect(loop));
  assert_int_equal(loop.core().large_windows.used(), 10);
  Upload first{loop, *clients[0], 0};
  Upload second{loop, *clients[1], 1};
  first.begin();
  second.begin();
  assert_true(first.has_window() && second.has_window());
  const std::string data = echo_data_of_size(65'530);
  for (std::size_t at = 0; at < data.size(); at += kFrameBytes) {
    const bool last = at + kFrameBytes >= data.size();
    for (std::size_t i = 2; i < clients.size(); ++i) {
      FrameScript script;
      if (at == 0) script.headers(1, echo_head("Reply"));
      script.data(1, data.substr(at, kFrameBytes), last ? http2::kEndStream : std::uint8_t{0});
      clients[i]->send(script);
      loop.settle();
      if (!last) continue;
      loop.read_all(*clients[i]);
      assert_string_equal(clients[i]->answer(1).status().c_str(), "0");
    }
  }
  first.finish_message();
  second.finish_message();
  // Only the uploads were larger than their windows, before they had upload windows.
  assert_int_equal(loop.count(LimitId::LargeWindows), 2);
  assert_int_equal(loop.count(LimitId::StreamWindowBytes), 0);
  loop.finish();
}

// Without room beside the promises to all of large-windows there is no upload window.
void test_large_windows_come_first(void**) {
  LeanLoop loop(uploads(2, 18));
  const auto client = connect(loop);
  Upload upload{loop, *client, 0};
  upload.begin();
  assert_false(upload.has_window());
  assert_int_equal(loop.count(LimitId::UploadWindows), 1);
  upload.finish_message();
  loop.finish();
}

// Two of one address, which has both places, and one of another address.
struct ThreeUploads {
  LeanLoop loop{uploads(2, 10, 16 * kMessageBytes)};
  std::vector<std::unique_ptr<RawClient>> clients;
  Upload first = begun();
  Upload second = begun();
  Upload third = begun_from(2);

 private:
  Upload begun() {
    clients.push_back(connect(loop));
    Upload upload{loop, *clients.back(), clients.size() - 1};
    upload.begin();
    return upload;
  }
  Upload begun_from(std::uint8_t address) {
    loop.come_from(address);
    return begun();
  }
};

// One address has both places, and sends. Another address gets one of them when what was granted has been sent.
void test_an_address_above_its_quarter_gives_up_a_window(void**) {
  ThreeUploads three;
  auto& [loop, clients, first, second, third] = three;
  assert_true(first.has_window() && second.has_window());
  assert_false(third.has_window());
  for (int i = 0; i < 13; ++i) {
    first.send_frame();
    second.send_frame();
  }
  assert_true(first.has_window() != second.has_window());
  const std::int32_t window = (first.has_window() ? second : first).connection_window();
  assert_in_range(window, 60'000, 68 * 1024);
  third.finish_message();
  third.send_frame();
  assert_true(third.has_window());
  assert_int_equal(loop.core().large_sockets.uploads(), 2);
  first.finish_message();
  second.finish_message();
  assert_int_equal(loop.count(LimitId::BufferBytes), 0);
  loop.finish();
}

// It sends nothing more and keeps what was granted. After settings-timeout-ms the promise ends.
void test_a_window_that_is_not_used_up_is_taken(void**) {
  ThreeUploads three;
  auto& [loop, clients, first, second, third] = three;
  third.frame_time = 0ms;
  loop.pass(9'998ms);  // After the time of its first frame.
  third.finish_message();
  third.send_frame();
  assert_false(third.has_window());
  loop.pass(1ms);
  third.finish_message();
  third.send_frame();
  assert_true(third.has_window());
  assert_true(first.has_window() != second.has_window());
  loop.finish();
}

// It has no calls for a second: smaller windows are announced, and it loses its place with the acknowledgement.
void test_an_unused_window_passes_on(void**) {
  LeanLoop loop(uploads(1));
  const auto client = connect(loop);
  const auto other = connect(loop);
  Upload first{loop, *client, 0};
  first.begin();
  first.finish_message();
  client->send(FrameScript().data(1, "", http2::kEndStream));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  loop.pass(1s);
  (void)client->control();
  Upload second{loop, *other, 1};
  second.begin();
  assert_false(second.has_window());
  expect(client->control(), {"SETTINGS 4=2048"});
  client->send(FrameScript().settings_ack());
  loop.settle();
  assert_false(first.has_window());
  second.finish_message();
  second.send_frame();
  assert_true(second.has_window());
  assert_false(loop.connection(0).has_upload_socket);
  // What is left of the upload window sinks to 64 KiB before the connection gets a large window again.
  loop.pass(1s);
  client->send(FrameScript().headers(3, echo_head("Collect")).data(3, echo_data_of_size(3000).substr(0, 2000), 0));
  loop.settle();
  assert_false(loop.connection(0).share().promised());
  loop.finish();
}

// A stream that an upload window was granted to keeps the place until the rest belongs to a message that is admitted.
void test_a_stream_with_an_upload_window_keeps_the_place(void**) {
  LeanLoop loop(uploads(1));
  const auto client = connect(loop);
  Upload upload{loop, *client, 0};
  upload.begin();
  upload.finish_message();
  loop.core().large_windows.ask(loop.connection(), loop.core());
  loop.settle();
  client->send(FrameScript().settings_ack());
  loop.settle();
  assert_true(loop.connection().share().promised());
  upload.send_frame();
  assert_false(loop.connection().share().promised());
  upload.finish_message();
  loop.finish();
}

// Blocks of the pool are held outside of all connections. The message was admitted, so it can be finished.
void test_without_memory_an_upload_window_ends(void**) {
  LeanLoop loop(uploads(1));
  const auto client = connect(loop);
  Upload upload{loop, *client, 0};
  upload.begin();
  TakenBlocks taken(loop.core(), loop.core().blocks_aside.upload_promise() - 1);
  for (int i = 0; i < 20; ++i)
    upload.send_frame();
  assert_false(upload.has_window());
  assert_in_range(upload.connection_window(), 60'000, 68 * 1024);
  taken.release();
  upload.finish_message();
  assert_int_equal(loop.count(LimitId::BufferBytes), 0);
  // It returns a second after the memory.
  upload.send_frame();
  assert_false(upload.has_window());
  upload.finish_message();
  loop.pass(1s);
  upload.send_frame();
  assert_true(upload.has_window());
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_an_upload_keeps_a_long_link_busy),
      cmocka_unit_test(test_without_a_large_window_there_is_no_upload_window),
      cmocka_unit_test(test_a_fast_upload_gets_few_window_updates),
      cmocka_unit_test(test_without_a_place_it_waits),
      cmocka_unit_test(test_a_message_above_64_kib_takes_a_place),
      cmocka_unit_test(test_small_messages_have_no_upload_windows),
      cmocka_unit_test(test_the_size_of_a_window),
      cmocka_unit_test(test_the_window_that_the_next_calls_begin_with),
      cmocka_unit_test(test_messages_at_once_begin_with_large_windows),
      cmocka_unit_test(test_a_message_that_waits_makes_windows_smaller),
      cmocka_unit_test(test_an_upload_does_not_wait_for_an_acknowledgement),
      cmocka_unit_test(test_smaller_windows_follow_an_upload_window),
      cmocka_unit_test(test_a_window_needs_twice_its_bytes_of_the_share),
      cmocka_unit_test(test_devices_do_not_wait_for_uploads),
      cmocka_unit_test(test_large_windows_come_first),
      cmocka_unit_test(test_an_address_above_its_quarter_gives_up_a_window),
      cmocka_unit_test(test_a_window_that_is_not_used_up_is_taken),
      cmocka_unit_test(test_an_unused_window_passes_on),
      cmocka_unit_test(test_a_stream_with_an_upload_window_keeps_the_place),
      cmocka_unit_test(test_without_memory_an_upload_window_ends),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
