// How many steps of handshakes there are beside other work.
#include "engine/lean/handshake_share.h"

#include "support/cmocka_test.h"

namespace {

using mote::lean::HandshakeShare;
using std::chrono::microseconds;

// A loop in which a handshake always wants a step of 10,000 us. Returns the steps in a second.
int steps_in_a_second(std::uint32_t percent, microseconds other_work) {
  HandshakeShare share(percent);
  std::uint64_t moved = 0;
  int steps = 0;
  for (microseconds now{}; now < std::chrono::seconds(1);) {
    microseconds turn{1};
    if (share.open()) {
      ++steps;
      share.note_step(microseconds(10'000));
      turn += microseconds(10'000);
    }
    turn += other_work;
    if (other_work.count() != 0) moved += 100;
    share.note_turn(turn, moved);
    now += turn;
  }
  return steps;
}

void test_others_get_their_part(void**) {
  assert_in_range(steps_in_a_second(50, microseconds(20)), 48, 51);
  assert_in_range(steps_in_a_second(10, microseconds(20)), 9, 11);
  assert_in_range(steps_in_a_second(100, microseconds(20)), 98, 100);
  // A turn with more work than the share asks for delays no step.
  assert_in_range(steps_in_a_second(50, microseconds(30'000)), 25, 25);
}

void test_without_other_work_no_step_waits(void**) {
  for (const std::uint32_t percent : {1U, 50U})
    assert_in_range(steps_in_a_second(percent, microseconds(0)), 99, 100);
}

// Before the first byte of an established connection nobody else has work.
void test_the_first_step_delays_nobody(void**) {
  constexpr std::uint32_t kPercent = 1;
  HandshakeShare share(kPercent);
  share.note_step(microseconds(10'000));
  share.note_turn(microseconds(10'000), 0);
  assert_true(share.open());
}

void test_a_new_percentage_applies_to_the_next_step(void**) {
  std::uint32_t percent = 100;
  HandshakeShare share(percent);
  std::uint64_t moved = 0;
  const auto open_after = [&](microseconds other_work) {
    share.note_step(microseconds(10));
    share.note_turn(other_work, ++moved);
    return share.open();
  };
  assert_true(open_after(microseconds(10)));
  percent = 10;
  assert_false(open_after(microseconds(99)));
  share.note_turn(microseconds(1), ++moved);
  assert_true(open_after(microseconds(100)));
}

void test_a_wait_is_noted_once(void**) {
  constexpr std::uint32_t kPercent = 50;
  HandshakeShare share(kPercent);
  assert_true(share.open());
  for (int i = 0; i < 2; ++i) {
    share.note_step(microseconds(10));
    share.note_turn(microseconds(10), static_cast<std::uint64_t>(i) + 1);
    assert_false(share.open());
    assert_true(share.note_wait());
    assert_false(share.note_wait());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_others_get_their_part),
      cmocka_unit_test(test_without_other_work_no_step_waits),
      cmocka_unit_test(test_the_first_step_delays_nobody),
      cmocka_unit_test(test_a_new_percentage_applies_to_the_next_step),
      cmocka_unit_test(test_a_wait_is_noted_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
