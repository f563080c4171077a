// Corners of the client's end: a request that leaves no room for control frames, windows and resets without a stream.
#include "http2/client/client_connection.h"
#include "support/client_end.h"
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ErrorCode;
using mote::http2::kFrameHeaderBytes;

// The request fits to its last byte, or not, behind the room that control frames need.
void test_a_request_leaves_room_for_control_frames(void**) {
  constexpr std::size_t kRoom = 512;
  std::size_t longest = 0;
  for (std::size_t size = 0; size < kRoom; ++size) {
    ReadyClient client({}, kRoom);
    if (client.ClientEnd::open(Block().literal("x", std::string(size, 'x')), false)) {
      assert_int_equal(size, longest == 0 ? size : longest + 1);
      longest = size;
      continue;
    }
    assert_int_equal(client.connection.out().size(), 0);
  }
  // Frame header, table size update, the literal's three heads, and the room.
  assert_int_equal(longest,
                   kRoom - mote::http2::ClientConnection::kReserveBytes - kFrameHeaderBytes - 1 - 1 - 2 - 2 - 1);
}

void test_without_a_stream_grant_and_reset_do_nothing(void**) {
  ReadyClient client({.stream_window_bytes = 10});
  client.connection.grant_up_to(100);
  client.connection.reset();
  expect(client.sent(), {});
  client.open();
  client.connection.grant_up_to(10);
  expect(client.sent(), {});
  client.connection.grant_up_to(11);
  expect(client.sent(), {"WINDOW_UPDATE 1 +1"});
  client.connection.reset();
  expect(client.sent(), {"RST_STREAM 1 CANCEL"});
  client.connection.reset();
  client.connection.grant_up_to(100);
  expect(client.sent(), {});
}

// A header block of the largest frame, and one byte more.
void test_the_largest_request(void**) {
  constexpr std::size_t kHeads = 1 + 1 + 2 + 3;  // As above, with a longer length of the value.
  for (const std::size_t more : {0U, 1U}) {
    ReadyClient client;
    const std::string value(mote::http2::kDefaultMaxFrameBytes - kHeads + more, 'x');
    assert_int_equal(client.ClientEnd::open(Block().literal("x", value), false), more == 0);
  }
}

// The last of the room that control frames need is not for DATA.
void test_the_least_room_for_data(void**) {
  constexpr std::size_t kRoom = 512;
  constexpr std::size_t kNeeded = mote::http2::ClientConnection::kReserveBytes + kFrameHeaderBytes;
  for (std::size_t room = 0; room < kNeeded + 3; ++room) {
    ReadyClient client({}, kRoom);
    client.open();
    client.connection.out().advance(kRoom - room);
    assert_int_equal(client.connection.data_place().size(), room > kNeeded ? room - kNeeded : 0);
  }
}

// A frame waits for room before its first byte is taken, even if it has no payload.
void test_an_empty_frame_waits_for_room(void**) {
  constexpr std::size_t kRoom = 512;
  ReadyClient client({}, kRoom);
  client.connection.out().advance(kRoom - 1);
  const Octets settings = FrameScript().settings().bytes();
  client.connection.receive(settings);
  assert_true(client.connection.next() == ClientEnd::Event::None);
  assert_true(client.connection.waits_for_room());
}

// Nothing is sent on its streams any more.
void test_behind_a_failure(void**) {
  ReadyClient client({.stream_window_bytes = 10});
  client.open();
  client.feed(FrameScript().data(0, "x"));
  assert_true(client.failed());
  client.connection.reset();
  client.connection.grant_up_to(100);
  expect(client.sent(), {"GOAWAY 0 PROTOCOL_ERROR frame on a wrong stream"});
}

// DATA of up to 8 bytes is a frame without progress, of 9 it is none; so is what ends the stream.
void test_tiny_data_is_a_frame_without_progress(void**) {
  struct Case {
    std::size_t bytes;
    bool counts;
  };
  for (const Case& c : {Case{0, true}, Case{8, true}, Case{9, false}}) {
    ReadyClient client;
    client.open();
    client.feed(FrameScript().headers(1, response()));
    // SETTINGS, their acknowledgement and the like have spent some already.
    constexpr std::uint32_t kSpent = 10;
    for (std::uint32_t frame = 0; frame < mote::http2::ClientConnection::kIdleFrames - kSpent; ++frame)
      client.feed(FrameScript().data(1, std::string(c.bytes, 'x')));
    assert_false(client.failed());
    for (std::uint32_t frame = 0; frame < 2 * kSpent; ++frame)
      client.feed(FrameScript().data(1, std::string(c.bytes, 'x')));
    assert_int_equal(client.failed(), c.counts);
  }
}

// A frame is taken if there is exactly the room for what may have to be written.
void test_the_least_room_for_a_frame(void**) {
  constexpr std::size_t kRoom = 512;
  for (const std::size_t less : {0U, 1U}) {
    ReadyClient client({}, kRoom);
    client.connection.out().advance(kRoom - mote::http2::ClientConnection::kReserveBytes + less);
    const Octets ping = FrameScript().ping(1).bytes();
    client.connection.receive(ping);
    assert_true(client.connection.next() == ClientEnd::Event::None);
    assert_int_equal(client.connection.waits_for_room(), less);
  }
}

// The PINGs until a connection fails that has had 150 of them, and then has sent so many bytes of DATA.
unsigned pings_behind_data(std::size_t bytes) {
  ReadyClient client;
  client.open();
  const auto ping = [&client] {
    client.feed(FrameScript().ping(1));
    client.drain();
  };
  for (int i = 0; i < 150; ++i)
    ping();
  if (bytes != 0) assert_int_equal(client.send_data(std::string(bytes, 'x'), false), bytes);
  unsigned count = 0;
  for (; !client.failed(); ++count)
    ping();
  return count;
}

// Six frames for each that is sent, and one for each 512 bytes.
void test_data_permits_the_frames_of_its_reader(void**) {
  const unsigned without = pings_behind_data(0);
  assert_int_equal(pings_behind_data(1), without + 6);
  assert_int_equal(pings_behind_data(511), without + 6);
  assert_int_equal(pings_behind_data(512), without + 7);
  assert_int_equal(pings_behind_data(16'384), without + 38);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_request_leaves_room_for_control_frames),
      cmocka_unit_test(test_the_largest_request),
      cmocka_unit_test(test_the_least_room_for_data),
      cmocka_unit_test(test_an_empty_frame_waits_for_room),
      cmocka_unit_test(test_behind_a_failure),
      cmocka_unit_test(test_tiny_data_is_a_frame_without_progress),
      cmocka_unit_test(test_without_a_stream_grant_and_reset_do_nothing),
      cmocka_unit_test(test_the_least_room_for_a_frame),
      cmocka_unit_test(test_data_permits_the_frames_of_its_reader),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
