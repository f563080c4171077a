#include "http2/server/provoked_frames.h"

#include "support/cmocka_test.h"

namespace {

using mote::http2::ProvokedFrames;

template <class Take>
unsigned times(Take take) {
  unsigned count = 0;
  while (take())
    ++count;
  return count;
}

void test_nothing_is_free_before_we_send(void**) {
  ProvokedFrames frames;
  assert_false(frames.take_ping());
  assert_false(frames.take_ping_ack());
  assert_false(frames.take_update());
  assert_false(frames.take_late_data(0));
  assert_false(frames.take_late_data(1));
  assert_false(frames.take_late_trailers());
  assert_false(frames.take_late_stream());
}

void test_each_frame_that_we_send(void**) {
  ProvokedFrames frames;
  for (int i = 0; i < 3; ++i)
    frames.sent();
  assert_int_equal(times([&] { return frames.take_ping(); }), 3);
  assert_int_equal(times([&] { return frames.take_update(); }), 3 * ProvokedFrames::kUpdates);
}

// A peer that reads a large frame in pieces sends two WINDOW_UPDATEs for each piece.
void test_data_allows_updates_for_its_pieces(void**) {
  constexpr unsigned kFrameBytes = 16384;
  constexpr unsigned kSmallestPieceBytes = 512;
  ProvokedFrames frames;
  frames.sent(kFrameBytes);
  assert_int_equal(times([&] { return frames.take_ping(); }), 1);
  assert_int_equal(times([&] { return frames.take_update(); }),
                   ProvokedFrames::kUpdates + 2 * kFrameBytes / kSmallestPieceBytes);
}

// Both WINDOW_UPDATEs for a message's last 7 bytes are free; an update for each byte is not.
void test_small_pieces_count_by_their_bytes(void**) {
  ProvokedFrames frames;
  for (int i = 0; i < 16; ++i)
    frames.sent_small_piece(7);
  assert_in_range(times([&] { return frames.take_update(); }), 2 * 16, 7 * ProvokedFrames::kUpdates);
  for (int i = 0; i < 160; ++i)
    frames.sent_small_piece(1);
  assert_int_equal(times([&] { return frames.take_update(); }), 10 * ProvokedFrames::kUpdates);
}

void test_each_ping_that_we_send(void**) {
  ProvokedFrames frames;
  frames.sent_ping();
  frames.sent_ping();
  assert_int_equal(times([&] { return frames.take_ping_ack(); }), 2);
}

// What a peer leaves unused does not add up to a flood.
void test_the_reserve_is_capped(void**) {
  ProvokedFrames frames;
  for (std::uint32_t i = 0; i < 3 * ProvokedFrames::kMostPings; ++i)
    frames.sent();
  assert_int_equal(times([&] { return frames.take_ping(); }), ProvokedFrames::kMostPings);
  assert_int_equal(times([&] { return frames.take_update(); }), ProvokedFrames::kMostPings * ProvokedFrames::kUpdates);
  frames.sent();
  assert_int_equal(times([&] { return frames.take_ping(); }), 1);
}

void test_late_data_is_bounded_by_the_window(void**) {
  ProvokedFrames frames;
  frames.ended_early(100, 8);
  frames.ended_early(-1, 8);
  assert_true(frames.take_late_data(60));
  assert_false(frames.take_late_data(41));
  assert_int_equal(times([&] { return frames.take_late_data(1); }), 40);
}

void test_one_end_of_each_late_request(void**) {
  ProvokedFrames frames;
  frames.ended_early(0, 8);
  frames.ended_early(0, 8);
  assert_true(frames.take_late_data(0));
  assert_true(frames.take_late_trailers());
  assert_false(frames.take_late_data(0));
  assert_false(frames.take_late_trailers());
}

// As many streams can be late as the peer may have open, each with a whole window.
void test_late_data_of_all_streams(void**) {
  ProvokedFrames frames;
  for (int i = 0; i < 10; ++i)
    frames.ended_early(65535, 8);
  assert_int_equal(times([&] { return frames.take_late_data(65535); }), 8);
  constexpr std::uint32_t kMostStreams = 65536;
  for (std::uint32_t i = 0; i < 2 * kMostStreams; ++i)
    frames.ended_early(65535, kMostStreams);
  assert_int_equal(times([&] { return frames.take_late_data(65535); }), kMostStreams);
}

void test_streams_after_goaway(void**) {
  ProvokedFrames frames;
  frames.sent_goaway(100);
  assert_int_equal(times([&] { return frames.take_late_stream(); }), 100);
}

void test_late_data_is_free_to_its_last_byte(void**) {
  ProvokedFrames frames;
  frames.ended_early(10, 100);
  assert_true(frames.take_late_data(10));
  assert_false(frames.take_late_data(1));
  // The end of the request is free once.
  assert_true(frames.take_late_data(0));
  assert_false(frames.take_late_data(0));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_is_free_before_we_send),
      cmocka_unit_test(test_each_frame_that_we_send),
      cmocka_unit_test(test_data_allows_updates_for_its_pieces),
      cmocka_unit_test(test_small_pieces_count_by_their_bytes),
      cmocka_unit_test(test_each_ping_that_we_send),
      cmocka_unit_test(test_the_reserve_is_capped),
      cmocka_unit_test(test_late_data_is_bounded_by_the_window),
      cmocka_unit_test(test_one_end_of_each_late_request),
      cmocka_unit_test(test_late_data_of_all_streams),
      cmocka_unit_test(test_streams_after_goaway),
      cmocka_unit_test(test_late_data_is_free_to_its_last_byte),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
