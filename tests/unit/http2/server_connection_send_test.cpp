// What a connection writes, how it copes with a writer that is nearly full, and with input that is cut anywhere.
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/seed.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ConnectionLimits;
using mote::http2::ErrorCode;
using mote::http2::kControlReserveBytes;
using mote::http2::kDefaultWindowBytes;
using mote::http2::kEndStream;
using mote::http2::kFrameHeaderBytes;

constexpr std::uint16_t kFrameSize = 5;

// Makes all but `room` bytes of the writer unusable.
void leave(ReadyServer& server, std::size_t room) {
  server.out.rewind(0);
  server.out.advance(server.out.room() - room);
}

void test_a_large_block_is_split_by_the_peers_frame_size(void**) {
  ReadyServer server;
  server.open(1);
  const Block block = response().literal("n", std::string(40000, 'v'));
  assert_true(server.send_headers(1, block, true));
  const Octets output = server.output();
  std::span<const std::uint8_t> rest(output);
  const std::vector<RawFrame> frames = take_frames(rest);
  expect(lines_of(output), {"HEADERS 1 end more", "CONTINUATION 1 more", "CONTINUATION 1"});
  assert_int_equal(frames[0].payload.size(), 16384);
  assert_int_equal(frames[1].payload.size(), 16384);
  Octets sent;
  for (const RawFrame& frame : frames)
    sent.insert(sent.end(), frame.payload.begin(), frame.payload.end());
  assert_true(sent == Octets{0x20} + block.bytes());
}

// With the update of the table size in front the first block fills its frame to the byte, the later ones do without.
void test_blocks_about_as_large_as_a_frame(void**) {
  for (const std::size_t size : {16382U, 16383U, 16384U, 16385U, 32767U, 32768U}) {
    ReadyServer server;
    server.open(1);
    for (const bool update : {true, false}) {
      assert_true(server.connection.send_headers(server.stream(1), Octets(size, 0x88), false, server.out));
      const std::size_t all = size + update;
      const std::size_t frames = (all + 16383) / 16384;
      assert_int_equal(server.out.size(), all + frames * kFrameHeaderBytes);
      assert_int_equal(server.sent().size(), frames);
    }
  }
}

void test_a_peer_that_accepts_larger_frames(void**) {
  ReadyServer server;
  server.feed(FrameScript().settings({{kFrameSize, 50000}}));
  server.open(1);
  const Block block = response().literal("n", std::string(40000, 'v'));
  assert_true(server.send_headers(1, block, false));
  assert_int_equal(server.output().size(), kFrameHeaderBytes + 1 + block.bytes().size());
}

void test_the_table_size_is_sent_once(void**) {
  ReadyServer server;
  server.open(1);
  assert_true(server.send_headers(1, response(), false));
  assert_int_equal(server.output()[9], 0x20);
  assert_true(server.send_headers(1, response(), false));
  assert_int_equal(server.output()[9], 0x00);
}

void test_headers_that_do_not_fit_are_not_begun(void**) {
  ReadyServer server;
  server.open(1);
  const std::size_t needed = kFrameHeaderBytes + 1 + response().bytes().size() + kControlReserveBytes;
  leave(server, needed - 1);
  assert_false(server.send_headers(1, response(), true));
  assert_int_equal(server.out.room(), needed - 1);
  assert_false(server.stream(1).local_closed);
  leave(server, needed);
  assert_true(server.send_headers(1, response(), true));
  assert_int_equal(server.out.room(), kControlReserveBytes);
  assert_false(server.out.overflowed());
  // A later block has no update of the table size.
  server.open(3);
  leave(server, needed - 2);
  assert_false(server.send_headers(3, response(), true));
  assert_int_equal(server.out.room(), needed - 2);
  leave(server, needed - 1);
  assert_true(server.send_headers(3, response(), true));
  assert_int_equal(server.out.room(), kControlReserveBytes);
}

void test_data_leaves_the_reserve(void**) {
  ReadyServer server;
  server.open(1);
  leave(server, kControlReserveBytes + kFrameHeaderBytes - 1);
  assert_true(server.connection.data_place(server.stream(1), server.out).empty());
  leave(server, kControlReserveBytes + kFrameHeaderBytes);
  assert_true(server.connection.data_place(server.stream(1), server.out).empty());
  leave(server, kControlReserveBytes + kFrameHeaderBytes + 5);
  assert_int_equal(server.send_data(1, "longer than five", true), 5);
  assert_int_equal(server.out.room(), kControlReserveBytes);
  assert_false(server.stream(1).local_closed);
}

void test_less_data_than_the_place_holds(void**) {
  ReadyServer server;
  server.open(1);
  const auto place = server.connection.data_place(server.stream(1), server.out);
  assert_int_equal(place.size(), 16384);
  place[0] = 'a';
  place[1] = 'b';
  server.connection.send_data(server.stream(1), 2, true, server.out);
  expect(server.sent(), {"DATA 1 end ab"});
  assert_true(server.stream(1).local_closed);
  assert_int_equal(server.connection.stream_count(), 1);
}

void test_room_for_data_in_several_frames(void**) {
  ReadyServer server;
  server.open(1);
  constexpr std::size_t kSize = 20'000;
  leave(server, kSize + 2 * kFrameHeaderBytes + kControlReserveBytes);
  assert_true(server.connection.fits(server.stream(1), kSize, server.out));
  assert_false(server.connection.fits(server.stream(1), kSize + 1, server.out));
}

void test_windows_for_data_in_several_frames(void**) {
  ReadyServer server;
  server.open(1);
  assert_int_equal(server.connection.window_bytes(server.stream(1)), kDefaultWindowBytes);
  // The owner has sent a frame itself.
  server.connection.count_data(server.stream(1), kDefaultWindowBytes - 100);
  assert_int_equal(server.connection.window_bytes(server.stream(1)), 100);
  assert_true(server.connection.fits(server.stream(1), 100, server.out));
  assert_false(server.connection.fits(server.stream(1), 101, server.out));
}

// --- A writer without room ---

void test_input_waits_until_there_is_room(void**) {
  ReadyServer server;
  const FrameScript script = FrameScript().ping(1).ping(2);
  leave(server, kControlReserveBytes - 1);
  assert_int_equal(server.feed(script), 34);
  leave(server, kControlReserveBytes);
  assert_int_equal(server.feed(Octets()), 17);
  server.out.rewind(0);
  assert_int_equal(server.feed(Octets()), 0);
  expect(server.sent(), {"PING ack 2"});
}

void test_a_frame_that_was_begun_waits_too(void**) {
  ReadyServer server;
  const Octets bytes = FrameScript().headers(1, Block()).bytes() + FrameScript().headers(3, request()).bytes();
  const Octets block = FrameScript().headers(5, Block().literal("a", "b")).bytes();
  server.feed(bytes);
  server.sent();
  server.feed(Octets(block.begin(), block.end() - 1));
  server.received();
  leave(server, kControlReserveBytes - 1);
  assert_int_equal(server.feed({block.back()}), 1);
  expect(server.received(), {});
  server.out.rewind(0);
  assert_int_equal(server.feed(Octets()), 0);
  expect(server.sent(), {"RST_STREAM 5 PROTOCOL_ERROR"});
}

// Every frame that makes the connection write finds room in the reserve for all that it may write.
void test_the_reserve_is_enough(void**) {
  const std::string quarter(16384, 'x');
  ReadyServer server(ConnectionLimits{.reset_budget = 0});
  server.open(1);
  server.feed(FrameScript().data(1, quarter));
  server.sent();
  leave(server, kControlReserveBytes);
  server.feed(FrameScript().padded_data(1, std::string(16383 - 255, 'x'), 255, kEndStream));
  assert_false(server.out.overflowed());
  server.out.rewind(0);
  server.feed(FrameScript().data(1, "again"));
  expect(server.sent(), {"RST_STREAM 1 STREAM_CLOSED", "GOAWAY 1 ENHANCE_YOUR_CALM too many resets"});
}

// --- Input cut anywhere ---

FrameScript long_script() {
  FrameScript script = hello();
  script.headers(1, request({{"a", "b"}}).remembered("kept", std::string(300, 'k')), 0);
  script.continuation(1, Block().literal("late", "field").bytes());
  script.settings_ack().settings({{4, 1000}, {kFrameSize, 20000}, {0x77, 1}});
  script.padded_data(1, "hello", 20).data(1, std::string(500, 'd')).ping(3);
  Block malformed;
  malformed.table_size(1024).literal(":method", "POST").literal("UP", "x").remembered("other", "x");
  script.headers(3, malformed).priority(5).window_update(1, 5);
  script.frame(0x42, 7, 9, octets("unknown")).data(1, "", kEndStream);
  script.headers(5, request({{"content-length", "3"}}).indexed(62).indexed(63)).data(5, "ab", kEndStream);
  script.headers(7, request({{"n", std::string(4200, 'v')}}), kEndAll);
  script.headers(9, request()).rst_stream(9, ErrorCode::Cancel).goaway(0, ErrorCode::NoError, "so long");
  script.headers(11, request()).headers(11, Block().literal("sum", "1"), kEndAll).window_update(0, 0);
  return script;
}

struct Outcome {
  Lines received;
  Octets sent;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <typename Next>
Outcome outcome(std::size_t room, Next next) {
  ServerEnd server(ConnectionLimits{.header_bytes = 1000}, room);
  server.start();
  server.drain();
  server.feed_in_pieces(long_script().bytes(), next);
  while (server.feed(Octets()) > 16)
    server.drain();
  return {server.received(), server.output()};
}

void test_every_cut_gives_the_same(void**) {
  const Outcome whole = outcome(65536, [] { return 1000000U; });
  expect({whole.received.back()}, {"error PROTOCOL_ERROR WINDOW_UPDATE of 0"});
  assert_true(whole.received.size() > 30);
  assert_true(outcome(65536, [] { return 1U; }) == whole);
  const std::size_t size = long_script().bytes().size();
  const std::size_t densely = 2000;  // Behind them comes little but one long field.
  for (std::size_t cut = 1; cut < size; cut += cut < densely ? 1 : 19) {
    bool first = true;
    assert_true(outcome(65536, [&] { return std::exchange(first, false) ? cut : size; }) == whole);
  }
}

void test_random_cuts_and_small_writers_give_the_same(void**) {
  std::mt19937 random = seeded_random();
  const Outcome whole = outcome(65536, [] { return 1000000U; });
  for (int round = 0; round < 300; ++round) {
    const std::size_t most = std::size_t{1} << pick(random, 12);
    const std::size_t room = kControlReserveBytes + pick(random, 60);
    assert_true(outcome(room, [&] { return 1 + pick(random, most); }) == whole);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_large_block_is_split_by_the_peers_frame_size),
      cmocka_unit_test(test_blocks_about_as_large_as_a_frame),
      cmocka_unit_test(test_a_peer_that_accepts_larger_frames),
      cmocka_unit_test(test_the_table_size_is_sent_once),
      cmocka_unit_test(test_headers_that_do_not_fit_are_not_begun),
      cmocka_unit_test(test_data_leaves_the_reserve),
      cmocka_unit_test(test_less_data_than_the_place_holds),
      cmocka_unit_test(test_room_for_data_in_several_frames),
      cmocka_unit_test(test_windows_for_data_in_several_frames),
      cmocka_unit_test(test_input_waits_until_there_is_room),
      cmocka_unit_test(test_a_frame_that_was_begun_waits_too),
      cmocka_unit_test(test_the_reserve_is_enough),
      cmocka_unit_test(test_every_cut_gives_the_same),
      cmocka_unit_test(test_random_cuts_and_small_writers_give_the_same),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
