#include "device/backoff.h"

#include <set>

#include "support/cmocka_test.h"

namespace {

using mote::device::Backoff;

void grows_by_eight_fifths_to_its_maximum(void**) {
  Backoff backoff(1000, 5000, 1);
  for (const std::uint32_t expected : {1000U, 1600U, 2560U, 4096U, 5000U, 5000U, 5000U}) {
    const std::uint32_t pause = backoff.next_ms();
    assert_in_range(pause, expected - expected / 5, expected + expected / 5);
  }
}

void starts_again_after_success(void**) {
  Backoff backoff(1000, 120'000, 9);
  for (int i = 0; i < 20; ++i)
    assert_in_range(backoff.next_ms(), 800, 144'000);
  backoff.reset();
  assert_in_range(backoff.next_ms(), 800, 1200);
}

void spreads_over_the_whole_range(void**) {
  std::set<std::uint32_t> pauses;
  for (std::uint32_t seed = 1; seed <= 500; ++seed)
    pauses.insert(Backoff(1000, 1000, seed * 2654435761U).next_ms());
  assert_true(pauses.size() > 200);
  assert_in_range(*pauses.begin(), 800, 820);
  assert_in_range(*pauses.rbegin(), 1180, 1200);
}

// The first numbers of Marsaglia's 32-bit xorshift generator with the seed 1.
void the_pauses_of_a_seed(void**) {
  Backoff backoff(1000, 1000, 1);
  for (const std::uint32_t random : {270369U, 67634689U, 2647435461U, 307599695U})
    assert_int_equal(backoff.next_ms(), 800 + random % 401);
}

void the_first_is_no_longer_than_the_most(void**) {
  Backoff backoff(9000, 500, 3);
  assert_in_range(backoff.next_ms(), 400, 600);
}

void any_seed_and_any_pause_are_valid(void**) {
  Backoff none(0, 0, 0);
  assert_int_equal(none.next_ms(), 0);
  Backoff one(1, 1, 0);
  assert_int_equal(one.next_ms(), 1);
  assert_int_equal(one.next_ms(), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(grows_by_eight_fifths_to_its_maximum), cmocka_unit_test(starts_again_after_success),
      cmocka_unit_test(spreads_over_the_whole_range),         cmocka_unit_test(the_pauses_of_a_seed),
      cmocka_unit_test(the_first_is_no_longer_than_the_most), cmocka_unit_test(any_seed_and_any_pause_are_valid),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
