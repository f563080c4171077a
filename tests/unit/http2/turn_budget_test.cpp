// The work of one connection in one turn, at the edges of its budget.
#include "http2/server/turn_budget.h"

#include "support/cmocka_test.h"

namespace {

using mote::http2::TurnBudget;
using mote::http2::TurnWork;

void expect_work(const TurnWork& work, std::uint32_t frames, std::uint32_t fields, std::uint32_t field_bytes,
                 std::uint32_t gzip_bytes) {
  assert_int_equal(work.frames, frames);
  assert_int_equal(work.fields, fields);
  assert_int_equal(work.field_bytes, field_bytes);
  assert_int_equal(work.gzip_bytes, gzip_bytes);
}

void test_a_new_turn_has_done_nothing(void**) {
  const TurnBudget turn(3, 10, 1000);
  expect_work(turn.work(), 0, 0, 0, 0);
  assert_false(turn.spent() || turn.frames_spent() || turn.fields_spent() || turn.bytes_spent() || turn.gzip_spent() ||
               turn.sends_spent());
}

void test_frames(void**) {
  TurnBudget turn(3, 10, 1000);
  turn.spend_frame();
  turn.spend_frame();
  assert_false(turn.spent() || turn.frames_spent());
  turn.spend_frame();
  assert_true(turn.spent() && turn.frames_spent());
  assert_false(turn.fields_spent() || turn.bytes_spent() || turn.gzip_spent());
  expect_work(turn.work(), 3, 0, 0, 0);
}

void test_fields(void**) {
  TurnBudget turn(3, 10, 1000);
  turn.spend_block(9, 500);
  assert_false(turn.spent() || turn.fields_spent());
  turn.spend_block(1, 100);
  assert_true(turn.spent() && turn.fields_spent());
  assert_false(turn.frames_spent() || turn.bytes_spent());
  expect_work(turn.work(), 0, 10, 600, 0);
}

void test_bytes_of_fields(void**) {
  TurnBudget turn(3, 10, 1000);
  turn.spend_block(1, 999);
  assert_false(turn.spent() || turn.bytes_spent());
  turn.spend_block(1, 1);
  assert_true(turn.spent() && turn.bytes_spent());
  assert_false(turn.fields_spent() || turn.gzip_spent() || turn.sends_spent());
  expect_work(turn.work(), 0, 2, 1000, 0);
}

// Sending waits for the next turn too.
void test_bytes_of_compressed_messages(void**) {
  TurnBudget turn(3, 10, 1000);
  turn.spend_gzip(999);
  assert_false(turn.spent() || turn.gzip_spent() || turn.sends_spent());
  turn.spend_gzip(1);
  assert_true(turn.spent() && turn.gzip_spent() && turn.sends_spent());
  assert_false(turn.bytes_spent());
  expect_work(turn.work(), 0, 0, 0, 1000);
}

void test_bytes_beyond_32_bits_do_not_wrap(void**) {
  TurnBudget turn(3, 10, 1000);
  turn.spend_gzip(5);
  turn.spend_gzip(SIZE_MAX);
  turn.spend_gzip(1);
  expect_work(turn.work(), 0, 0, 0, UINT32_MAX);
}

// Four frames may be sent for each that may be received; they are no reason to stop reading.
void test_frames_that_are_sent(void**) {
  TurnBudget turn(3, 10, 1000);
  for (int i = 0; i < 11; ++i)
    turn.spend_send();
  assert_false(turn.sends_spent());
  turn.spend_send();
  assert_true(turn.sends_spent());
  turn.spend_send();
  assert_true(turn.sends_spent());
  assert_false(turn.spent());
  expect_work(turn.work(), 0, 0, 0, 0);
}

void test_the_most_work_of_each_kind(void**) {
  TurnWork most{.frames = 1, .fields = 20, .field_bytes = 3, .gzip_bytes = 40};
  most.take_most({.frames = 10, .fields = 2, .field_bytes = 30, .gzip_bytes = 4});
  expect_work(most, 10, 20, 30, 40);
  most.take_most({});
  expect_work(most, 10, 20, 30, 40);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_new_turn_has_done_nothing),
      cmocka_unit_test(test_frames),
      cmocka_unit_test(test_fields),
      cmocka_unit_test(test_bytes_of_fields),
      cmocka_unit_test(test_bytes_of_compressed_messages),
      cmocka_unit_test(test_bytes_beyond_32_bits_do_not_wrap),
      cmocka_unit_test(test_frames_that_are_sent),
      cmocka_unit_test(test_the_most_work_of_each_kind),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
