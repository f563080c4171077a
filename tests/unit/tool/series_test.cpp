#include "mote-device/series.h"

#include <memory>

#include "support/cmocka_test.h"

namespace {

using mote::tool::Series;

void test_calls_are_where_they_ended(void**) {
  const auto series = std::make_unique<Series>();
  assert_true(series->slots().empty());
  series->add_answer(10, 400);
  series->add_answer(20, 200);
  series->add_failure(3 * series->slot_us());
  assert_int_equal(series->slots().size(), 4);
  const Series::Slot& first = series->slots()[0];
  assert_int_equal(first.answered, 2);
  assert_int_equal(first.least_us, 200);
  assert_int_equal(first.most_us, 400);
  assert_int_equal(first.sum_us, 600);
  assert_int_equal(series->slots()[1].answered + series->slots()[1].failed, 0);
  assert_int_equal(series->slots()[3].failed, 1);
}

// A day of calls: nothing is lost, and the intervals are not longer than necessary.
void test_long_runs_fit(void**) {
  constexpr std::uint64_t kDayUs = 24ULL * 3600 * 1'000'000;
  const auto series = std::make_unique<Series>();
  std::uint64_t calls = 0;
  for (std::uint64_t at = 0; at < kDayUs; at += 777'777, ++calls) {
    if (calls % 10 == 9)
      series->add_failure(at);
    else
      series->add_answer(at, 1000 + calls % 500);
  }
  assert_true(series->slots().size() > Series::kSlots / 2);
  assert_true(series->slots().size() <= Series::kSlots);
  assert_true(series->slot_us() * Series::kSlots >= kDayUs);
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t sum = 0;
  for (const Series::Slot& slot : series->slots()) {
    assert_true(slot.answered == 0 || (slot.least_us >= 1000 && slot.most_us < 1500));
    answered += slot.answered;
    failed += slot.failed;
    sum += slot.sum_us;
  }
  assert_int_equal(answered + failed, calls);
  assert_int_equal(failed, calls / 10);
  assert_true(sum / answered > 1200 && sum / answered < 1300);
}

// A stretch that had only failures takes its least from those that follow.
void test_failures_have_no_time(void**) {
  const auto series = std::make_unique<Series>();
  series->add_failure(0);
  series->add_answer(0, 300);
  assert_int_equal(series->slots()[0].least_us, 300);
  series->add_answer(series->slot_us() * Series::kSlots, 100);
  assert_int_equal(series->slots()[0].least_us, 300);
  assert_int_equal(series->slots()[0].failed, 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_calls_are_where_they_ended),
      cmocka_unit_test(test_long_runs_fit),
      cmocka_unit_test(test_failures_have_no_time),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
