#include "engine/lean/large_windows.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

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

constexpr const char* kLarge = "SETTINGS 3=100 1=4096 6=8192 4=65535";
constexpr const char* kSmall = "SETTINGS 3=100 1=4096 6=8192 4=2048";
constexpr const char* kAck = "SETTINGS ack";
constexpr std::size_t kFrameBytes = 16'384;
constexpr std::size_t kMostBytes = 65'530;

Limits windows(std::uint32_t count) {
  return limits([&](Limits& chosen) {
    chosen.stream_window_bytes = 2048;
    chosen.large_sockets = 16;
    chosen.large_windows = count;
    chosen.keepalive = 0ms;
  });
}

std::unique_ptr<RawClient> connect(LeanLoop& loop, const Lines& expected) {
  std::unique_ptr<RawClient> client = loop.connect();
  // It reads replies of any size.
  client->send(FrameScript().preface().settings({{4, 1U << 30U}}).window_update(0, 1U << 30U).settings_ack());
  loop.settle();
  expect(client->control(), expected);
  return client;
}

void begin(LeanLoop& loop, RawClient& client, std::uint32_t stream, const std::string& data, std::size_t bytes) {
  client.send(FrameScript().headers(stream, echo_head("Reply")).data(stream, data.substr(0, bytes)));
  loop.settle();
}

// The rest of the message in frames of the usual size.
void end(LeanLoop& loop, RawClient& client, std::uint32_t stream, const std::string& data, std::size_t from) {
  for (std::size_t at = from; at < data.size(); at += kFrameBytes) {
    const bool last = at + kFrameBytes >= data.size();
    client.send(FrameScript().data(stream, data.substr(at, kFrameBytes), last ? http2::kEndStream : std::uint8_t{0}));
    loop.settle();
  }
}

void expect_answered(LeanLoop& loop, RawClient& client, std::uint32_t stream) {
  loop.read_all(client);
  assert_string_equal(client.answer(stream).status().c_str(), "0");
}

// Since the last look at its control frames.
bool got_window(RawClient& client, std::uint32_t stream) {
  const std::string update = "WINDOW_UPDATE " + std::to_string(stream) + " ";
  const Lines lines = client.control();
  return std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(update); });
}

void test_the_first_connections_get_large_windows(void**) {
  LeanLoop loop(windows(1));
  const auto first = connect(loop, {kLarge, kAck});
  const auto second = connect(loop, {kSmall, kAck});
  assert_int_equal(loop.core().large_windows.used(), 1);
  assert_true(loop.connection(0).has_large_socket);
  assert_false(loop.connection(1).has_large_socket);
  first->close();
  loop.settle();
  assert_int_equal(loop.core().large_windows.used(), 0);
  const auto third = connect(loop, {kLarge, kAck});
  loop.finish();
}

void test_without_a_large_socket_there_are_no_large_windows(void**) {
  Limits chosen = windows(1);
  chosen.large_sockets = 0;
  LeanLoop loop(chosen);
  const auto client = connect(loop, {kSmall, kAck});
  loop.finish();
}

void test_other_limits_can_make_large_windows_useless(void**) {
  Limits no_places = windows(0);
  LeanLoop without(no_places);
  (void)connect(without, {kSmall, kAck});
  without.finish();
  LeanLoop all_large(limits([](Limits& chosen) { chosen.large_sockets = 16; }));
  (void)connect(all_large, {kLarge, kAck});
  assert_int_equal(all_large.core().large_windows.used(), 0);
  all_large.finish();
  Limits small_messages = windows(1);
  small_messages.max_message_bytes = 2048 - 5;
  LeanLoop fitting(small_messages);
  (void)connect(fitting, {kSmall, kAck});
  fitting.finish();
  small_messages.max_message_bytes = 2048 - 4;
  LeanLoop larger(small_messages);
  (void)connect(larger, {kLarge, kAck});
  larger.finish();
}

// Half of what a connection may use of the pool is for messages that are admitted.
void test_a_small_share_has_no_large_windows(void**) {
  Limits chosen = windows(1);
  chosen.max_message_bytes = 16 * 1024;
  chosen.connection_buffer_bytes = 135 * 1024;
  LeanLoop small(chosen);
  (void)connect(small, {kSmall, kAck});
  small.finish();
  chosen.connection_buffer_bytes = 136 * 1024;
  LeanLoop larger(chosen);
  (void)connect(larger, {kLarge, kAck});
  larger.finish();
}

// The least of both that max-message-bytes allows.
void test_the_smallest_pool_and_share_admit_the_largest_message(void**) {
  Limits chosen = windows(1);
  chosen.buffer_bytes = 4 * chosen.max_message_bytes;
  chosen.connection_buffer_bytes = chosen.buffer_bytes;
  chosen.buffer_bytes_per_address = chosen.buffer_bytes;
  LeanLoop loop(chosen);
  const auto client = connect(loop, {kLarge, kAck});
  const std::string data = echo_data_of_size(chosen.max_message_bytes);
  for (std::uint32_t stream = 1; stream < 9; stream += 2) {
    begin(loop, *client, stream, data, kFrameBytes);
    end(loop, *client, stream, data, kFrameBytes);
    expect_answered(loop, *client, stream);
  }
  assert_int_equal(loop.count(LimitId::StreamWindowBytes), 0);
  loop.finish();
}

// After each call the windows are open for the largest message again.
void test_a_call_of_any_size_takes_one_round_trip(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect(loop, {kLarge, kAck});
  std::uint32_t stream = 1;
  for (const std::size_t bytes : {std::size_t{10}, std::size_t{4000}, kMostBytes, std::size_t{100}, std::size_t{30'000},
                                  kMostBytes, std::size_t{4090}, std::size_t{4090}, kMostBytes}) {
    assert_true(loop.connection().http2().receive_window_bytes() >= 65'535);
    const std::string data = echo_data_of_size(bytes);
    begin(loop, *client, stream, data, std::min(data.size(), kFrameBytes));
    if (data.size() > kFrameBytes) end(loop, *client, stream, data, kFrameBytes);
    if (data.size() <= kFrameBytes) client->send(FrameScript().data(stream, "", http2::kEndStream));
    loop.settle();
    expect_answered(loop, *client, stream);
    stream += 2;
  }
  assert_int_equal(loop.count(LimitId::LargeWindows), 0);
  loop.finish();
}

// The pool has 1 MiB, and each device sends the largest message, all at the same time.
void test_ten_devices_never_wait(void**) {
  LeanLoop loop(windows(10));
  std::vector<std::unique_ptr<RawClient>> devices;
  for (int i = 0; i < 10; ++i)
    devices.push_back(connect(loop, {kLarge, kAck}));
  const std::string data = echo_data_of_size(kMostBytes);
  std::uint32_t stream = 1;
  for (int round = 0; round < 3; ++round, stream += 2) {
    for (std::size_t at = 0; at < data.size(); at += kFrameBytes) {
      const bool last = at + kFrameBytes >= data.size();
      for (const auto& device : devices) {
        FrameScript script;
        if (at == 0) script.headers(stream, echo_head("Reply"));
        script.data(stream, data.substr(at, kFrameBytes), last ? http2::kEndStream : std::uint8_t{0});
        device->send(script);
        loop.settle();
        if (last) expect_answered(loop, *device, stream);
      }
    }
    for (const auto& device : devices) {
      for (const std::string& line : device->control())
        assert_true(line.starts_with("WINDOW_UPDATE"));
    }
  }
  assert_int_equal(loop.count(LimitId::LargeWindows), 0);
  assert_int_equal(loop.count(LimitId::StreamWindowBytes), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// A place passes on when its connection is without calls for a second, and its peer has acknowledged smaller windows.
void test_a_place_passes_to_a_connection_that_needs_it(void**) {
  LeanLoop loop(windows(1));
  const auto first = connect(loop, {kLarge, kAck});
  const auto second = connect(loop, {kSmall, kAck});
  const std::string data = echo_data_of_size(40'000);
  begin(loop, *second, 1, data, 2000);
  assert_int_equal(loop.count(LimitId::LargeWindows), 1);
  expect(first->control(), {});
  end(loop, *second, 1, data, 2000);
  expect_answered(loop, *second, 1);
  loop.pass(1s);
  begin(loop, *second, 3, data, 2000);
  expect(first->control(), {"SETTINGS 4=2048"});
  assert_int_equal(loop.core().large_windows.used(), 1);
  end(loop, *second, 3, data, 2000);
  expect_answered(loop, *second, 3);
  first->send(FrameScript().settings_ack());
  loop.settle();
  assert_int_equal(loop.core().large_windows.used(), 0);
  (void)second->control();
  begin(loop, *second, 5, data, 2000);
  const Lines lines = second->control();
  assert_int_equal(std::count(lines.begin(), lines.end(), "SETTINGS 4=65535"), 1);
  second->send(FrameScript().settings_ack());
  end(loop, *second, 5, data, 2000);
  expect_answered(loop, *second, 5);
  assert_int_equal(loop.count(LimitId::LargeWindows), 3);
  const std::string largest = echo_data_of_size(kMostBytes);
  begin(loop, *second, 7, largest, kFrameBytes);
  end(loop, *second, 7, largest, kFrameBytes);
  expect_answered(loop, *second, 7);
  assert_int_equal(loop.count(LimitId::LargeWindows), 3);
  loop.finish();
}

// A frame uses up the window: only a message that is longer needs a larger one.
void test_a_message_that_fills_the_window_needs_no_place(void**) {
  for (const std::size_t more : {0U, 1U}) {
    LeanLoop loop(windows(1));
    const auto first = connect(loop, {kLarge, kAck});
    const auto second = connect(loop, {kSmall, kAck});
    const std::string data = echo_data_of_size(2048 - 5 + more);
    assert_int_equal(data.size(), 2048 + more);
    // The frame comes in two pieces, so that the message begins before it is complete.
    const Octets frame = FrameScript().headers(1, echo_head("Reply")).data(1, data.substr(0, 2048)).bytes();
    second->send(Octets(frame.begin(), frame.end() - 1000));
    loop.settle();
    assert_int_equal(loop.count(LimitId::LargeWindows), more);
    second->send(Octets(frame.end() - 1000, frame.end()));
    second->send(FrameScript().data(1, data.substr(2048), http2::kEndStream));
    loop.settle();
    expect_answered(loop, *second, 1);
    loop.finish();
  }
}

// The answer to a PING behind the last reply of a turn leaves no room for WINDOW_UPDATE: the next turn has it.
void test_windows_are_refilled_behind_a_full_turn(void**) {
  for (std::size_t left = 0; left < 600; left += 5) {
    Limits chosen = windows(1);
    chosen.send_bytes = 20 * 1024;
    chosen.turn_bytes = 32 * 1024;
    LeanLoop loop(chosen);
    const auto client = connect(loop, {kLarge, kAck});
    FrameScript script = echo_call(1, "Reply", echo_data(std::string(16'000, 'x')));
    script.raw(echo_call(3, "Reply", echo_data(std::string(4300 - left, 'x'))).bytes());
    client->send(script.ping(1));
    loop.settle();
    expect_answered(loop, *client, 1);
    expect_answered(loop, *client, 3);
    assert_true(loop.connection().http2().receive_window_bytes() >= 65'535);
    loop.finish();
  }
}

void test_a_place_is_taken_from_a_peer_that_acknowledges_nothing(void**) {
  LeanLoop loop(windows(1));
  const auto first = connect(loop, {kLarge, kAck});
  const auto second = connect(loop, {kSmall, kAck});
  loop.pass(1s);
  begin(loop, *second, 1, echo_data_of_size(40'000), 2000);
  expect(first->control(), {"SETTINGS 4=2048"});
  loop.pass(9'999ms);
  begin(loop, *second, 3, echo_data_of_size(40'000), 2000);
  assert_true(loop.connection(0).share().promised());
  loop.pass(1ms);
  begin(loop, *second, 5, echo_data_of_size(40'000), 2000);
  assert_false(loop.connection(0).share().promised());
  assert_true(loop.connection(1).share().promised());
  // Its acknowledgement comes late, and is still lawful.
  first->send(FrameScript().settings_ack());
  loop.settle();
  assert_int_equal(loop.connections(), 2);
  loop.finish();
}

// Eight places: an address above two of them loses one at once to an address that has less than two.
void test_an_address_above_its_quarter_loses_a_place_at_once(void**) {
  LeanLoop loop(windows(8));
  std::vector<std::unique_ptr<RawClient>> many;
  for (int i = 0; i < 8; ++i)
    many.push_back(connect(loop, {kLarge, kAck}));
  loop.come_from(2);
  const auto other = connect(loop, {kSmall, kAck});
  begin(loop, *other, 1, echo_data_of_size(40'000), 2000);
  assert_int_equal(loop.core().large_windows.used(), 8);
  assert_true(loop.connection(8).share().promised());
  std::size_t announced = 0;
  for (const auto& client : many)
    announced += client->control().size();
  assert_int_equal(announced, 1);
  loop.finish();
}

// An address that has its quarter waits, as one that is alone, until a place is unused.
void test_an_address_with_its_quarter_takes_no_place_from_others(void**) {
  LeanLoop loop(windows(8));
  loop.come_from(2);
  std::vector<std::unique_ptr<RawClient>> few;
  for (int i = 0; i < 2; ++i)
    few.push_back(connect(loop, {kLarge, kAck}));
  loop.come_from(1);
  std::vector<std::unique_ptr<RawClient>> many;
  for (int i = 0; i < 5; ++i)
    many.push_back(connect(loop, {kLarge, kAck}));
  loop.come_from(3);
  const auto other = connect(loop, {kLarge, kAck});
  loop.come_from(2);
  few.push_back(connect(loop, {kSmall, kAck}));
  begin(loop, *few.back(), 1, echo_data_of_size(40'000), 2000);
  assert_int_equal(loop.core().large_windows.used(), 8);
  for (const auto& client : many)
    expect(client->control(), {});
  loop.finish();
}

// A connection within its share of places for an address that is not alone.
void test_an_address_keeps_places_free_for_others(void**) {
  LeanLoop loop(windows(8));
  loop.come_from(2);
  const auto other = connect(loop, {kLarge, kAck});
  loop.come_from(1);
  std::vector<std::unique_ptr<RawClient>> many;
  for (int i = 0; i < 7; ++i)
    many.push_back(connect(loop, i < 6 ? Lines{kLarge, kAck} : Lines{kSmall, kAck}));
  loop.finish();
}

// Blocks of the pool are held outside of all connections: the window is not refilled, and smaller windows are announced.
void test_without_memory_a_connection_returns_to_small_windows(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect(loop, {kLarge, kAck});
  TakenBlocks taken(loop.core(), lean::PoolAside::kPromise - 1);
  client->send(echo_call(1, "Reply", echo_data_of_size(6000)));
  loop.settle();
  expect(client->control(), {"SETTINGS 4=2048"});
  expect_answered(loop, *client, 1);
  // Until the acknowledgement the window stays as it is: the peer may still use large windows.
  client->send(FrameScript().headers(3, echo_head("Reply")).data(3, echo_data_of_size(3000)));
  loop.settle();
  expect(client->control(), {});
  assert_true(loop.connection().share().promised());
  client->send(FrameScript().settings_ack());
  loop.settle();
  assert_false(loop.connection().share().promised());
  client->send(FrameScript().data(3, "", http2::kEndStream));
  expect_answered(loop, *client, 3);
  taken.release();
  // Large windows return a second after the memory.
  (void)client->control();
  begin(loop, *client, 5, echo_data_of_size(40'000), 2000);
  assert_false(loop.connection().share().promised());
  loop.pass(1s);
  begin(loop, *client, 7, echo_data_of_size(40'000), 2000);
  assert_true(loop.connection().share().promised());
  loop.finish();
}

// Places that nobody uses are no reason to wait for memory.
void test_a_message_that_waits_for_memory_takes_unused_promises(void**) {
  LeanLoop loop(windows(10));
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 10; ++i)
    idle.push_back(connect(loop, {kLarge, kAck}));
  const auto busy = connect(loop, {kSmall, kAck});
  loop.pass(1s);
  const std::string data = echo_data_of_size(60'000);
  std::uint32_t last = 1;
  for (; loop.count(LimitId::StreamWindowBytes) == 0; last += 2)
    begin(loop, *busy, last, data, 2000);
  last -= 2;
  assert_true(last > 1);
  for (const auto& client : idle) {
    expect(client->control(), {"SETTINGS 4=2048"});
    client->send(FrameScript().settings_ack());
  }
  (void)busy->control();
  loop.settle();
  assert_int_equal(loop.core().large_windows.used(), 0);
  const Lines lines = busy->control();
  assert_true(!lines.empty() && lines[0].starts_with("WINDOW_UPDATE " + std::to_string(last) + " +"));
  for (std::uint32_t stream = 1; stream <= last; stream += 2) {
    end(loop, *busy, stream, data, 2000);
    expect_answered(loop, *busy, stream);
  }
  loop.finish();
}

// Ten devices use their large windows all the time, and another address keeps a quarter of the pool. A device without large windows
// would wait as long as both go on.
void test_promises_in_use_end_for_a_message_that_waits(void**) {
  LeanLoop loop(windows(10));
  std::vector<std::unique_ptr<RawClient>> devices;
  for (std::uint32_t i = 0; i < 10; ++i) {
    loop.come_from(1 + i / 2);
    devices.push_back(connect(loop, {kLarge, kAck}));
  }
  loop.come_from(99);
  const auto holder = loop.connect();
  holder->send(FrameScript().preface().settings({{4, 0}}).settings_ack());
  for (std::uint32_t stream = 1; stream < 128; stream += 2) {
    holder->send(echo_call(stream, "Reply", echo_data(std::string(1900, 'h')), {{"x-a", std::string(600, 'a')}}));
    loop.settle();
  }
  assert_in_range(loop.used_blocks(), 180, 256);
  loop.come_from(100);
  const auto late = connect(loop, {kSmall, kAck});
  const std::string data = echo_data_of_size(8'000);
  begin(loop, *late, 1, data, 2000);
  std::uint32_t stream = 1;
  const auto work = [&](lean::Time time) {
    for (const auto& device : devices) {
      device->send(echo_call(stream, "Reply", echo_data("hello")));
      loop.settle();
      expect_answered(loop, *device, stream);
    }
    stream += 2;
    loop.pass(time);
  };
  const auto granted = [&] { return got_window(*late, 1); };
  for (int i = 0; i < 9; ++i)
    work(100ms);
  assert_false(granted());
  const auto asked = [&] {
    return std::count_if(devices.begin(), devices.end(), [](const auto& device) {
      const Lines lines = device->control();
      return std::find(lines.begin(), lines.end(), "SETTINGS 4=2048") != lines.end();
    });
  };
  assert_int_equal(asked(), 0);
  work(100ms);
  assert_int_equal(asked(), 10);
  for (const auto& device : devices)
    device->send(FrameScript().settings_ack());
  loop.settle();
  assert_true(granted());
  end(loop, *late, 1, data, 2000);
  expect_answered(loop, *late, 1);
  loop.finish();
}

// Messages that wait for their connection's share use all of its window: smaller windows are announced, and all messages go on.
// The pool has memory for others, which keep their large windows and get new ones.
void test_many_messages_at_once_return_to_small_windows(void**) {
  Limits chosen = windows(3);
  chosen.buffer_bytes = 2 * 1024 * 1024;
  chosen.buffer_bytes_per_address = chosen.buffer_bytes;
  LeanLoop loop(chosen);
  const auto other = connect(loop, {kLarge, kAck});
  const auto client = connect(loop, {kLarge, kAck});
  const auto announced = [&](const char* settings) {
    const Lines lines = client->control();
    return std::count(lines.begin(), lines.end(), settings);
  };
  const std::string data = echo_data_of_size(60'000);
  std::vector<std::size_t> sent;
  do {
    const auto window = static_cast<std::size_t>(loop.connection(1).http2().receive_window_bytes());
    sent.push_back(std::min(kFrameBytes, window));
    begin(loop, *client, static_cast<std::uint32_t>(2 * sent.size() - 1), data, sent.back());
    assert_in_range(sent.size(), 1, 50);
  } while (announced("SETTINGS 4=2048") == 0);
  assert_true(loop.count(LimitId::StreamWindowBytes) > 0);
  client->send(FrameScript().settings_ack());
  loop.settle();
  assert_false(loop.connection(1).http2().large_windows());
  assert_true(loop.connection(0).share().promised());
  const auto third = connect(loop, {kLarge, kAck});
  std::uint32_t stream = 1;
  for (const std::size_t bytes : sent) {
    end(loop, *client, stream, data, bytes);
    expect_answered(loop, *client, stream);
    stream += 2;
  }
  assert_false(loop.connection(1).share().promised());
  // Only a call that is alone gets large windows again.
  client->send(FrameScript().headers(stream, echo_head("Chat")));
  begin(loop, *client, stream + 2, data, 2000);
  end(loop, *client, stream + 2, data, 2000);
  expect_answered(loop, *client, stream + 2);
  assert_int_equal(announced("SETTINGS 4=65535"), 0);
  client->send(FrameScript().data(stream, "", http2::kEndStream));
  begin(loop, *client, stream + 4, data, 2000);
  assert_int_equal(announced("SETTINGS 4=65535"), 1);
  loop.finish();
}

// A WINDOW_UPDATE may wait a millisecond for the next bytes of a message, and is then sent without them.
void test_a_window_update_waits_for_more_bytes(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect(loop, {kLarge, kAck});
  const std::string data = echo_data_of_size(60'000);
  begin(loop, *client, 1, data, 5000);
  const auto granted = [&client] { return got_window(*client, 0); };
  assert_true(granted());
  client->send(FrameScript().data(1, data.substr(5000, 5000)));
  loop.settle();
  assert_false(granted());
  assert_int_equal((loop.next_due() - loop.core().now).count(), lean::Time(1ms).count());
  loop.pass(989us);
  assert_false(granted());
  loop.pass(11us);
  assert_true(granted());
  loop.finish();
}

// The pool has memory for the promise alone. The first message is admitted into it and can be finished; the second waits.
void test_one_message_at_a_time_is_admitted_into_the_promise(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect(loop, {kLarge, kAck});
  TakenBlocks taken(loop.core(), 144);
  const std::string data = echo_data_of_size(30'000);
  begin(loop, *client, 1, data, 2000);
  begin(loop, *client, 3, data, 2000);
  assert_int_equal(loop.count(LimitId::StreamWindowBytes), 1);
  assert_int_equal(loop.count(LimitId::LargeWindows), 0);
  end(loop, *client, 1, data, 2000);
  expect_answered(loop, *client, 1);
  end(loop, *client, 3, data, 2000);
  expect_answered(loop, *client, 3);
  assert_int_equal(loop.count(LimitId::BufferBytes), 0);
  taken.release();
  loop.finish();
}

// The next message of a stream is admitted into the promise that the one before it has left.
void test_messages_of_a_stream_are_admitted_into_the_promise(void**) {
  LeanLoop loop(windows(1));
  const auto client = connect(loop, {kLarge, kAck});
  TakenBlocks taken(loop.core(), 144);
  const std::string data = echo_data_of_size(30'000);
  client->send(FrameScript().headers(1, echo_head("Collect")));
  for (int i = 0; i < 3; ++i) {
    client->send(FrameScript().data(1, data.substr(0, 2000)));
    loop.settle();
    // Its blocks are those of the promise.
    assert_int_equal(loop.core().blocks_aside.promises_left(), lean::PoolAside::kPromise - 30);
    client->send(FrameScript().data(1, data.substr(2000, kFrameBytes)).data(1, data.substr(2000 + kFrameBytes)));
    loop.settle();
    assert_int_equal(loop.core().blocks_aside.promises_left(), lean::PoolAside::kPromise);
  }
  client->send(FrameScript().data(1, "", http2::kEndStream));
  loop.settle();
  expect_answered(loop, *client, 1);
  assert_int_equal(loop.count(LimitId::StreamWindowBytes), 0);
  taken.release();
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_first_connections_get_large_windows),
      cmocka_unit_test(test_without_a_large_socket_there_are_no_large_windows),
      cmocka_unit_test(test_other_limits_can_make_large_windows_useless),
      cmocka_unit_test(test_a_small_share_has_no_large_windows),
      cmocka_unit_test(test_the_smallest_pool_and_share_admit_the_largest_message),
      cmocka_unit_test(test_a_call_of_any_size_takes_one_round_trip),
      cmocka_unit_test(test_ten_devices_never_wait),
      cmocka_unit_test(test_a_place_passes_to_a_connection_that_needs_it),
      cmocka_unit_test(test_a_message_that_fills_the_window_needs_no_place),
      cmocka_unit_test(test_windows_are_refilled_behind_a_full_turn),
      cmocka_unit_test(test_a_place_is_taken_from_a_peer_that_acknowledges_nothing),
      cmocka_unit_test(test_an_address_above_its_quarter_loses_a_place_at_once),
      cmocka_unit_test(test_an_address_with_its_quarter_takes_no_place_from_others),
      cmocka_unit_test(test_an_address_keeps_places_free_for_others),
      cmocka_unit_test(test_without_memory_a_connection_returns_to_small_windows),
      cmocka_unit_test(test_a_message_that_waits_for_memory_takes_unused_promises),
      cmocka_unit_test(test_promises_in_use_end_for_a_message_that_waits),
      cmocka_unit_test(test_many_messages_at_once_return_to_small_windows),
      cmocka_unit_test(test_a_window_update_waits_for_more_bytes),
      cmocka_unit_test(test_one_message_at_a_time_is_admitted_into_the_promise),
      cmocka_unit_test(test_messages_of_a_stream_are_admitted_into_the_promise),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
