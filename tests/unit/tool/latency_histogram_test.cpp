#include "mote-device/latency_histogram.h"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using mote::tool::LatencyHistogram;

// The value of the rank that percentile() is to find.
std::uint64_t exact(const std::vector<std::uint64_t>& sorted, unsigned percent) {
  const std::size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

void test_nothing(void**) {
  const LatencyHistogram none;
  assert_int_equal(none.count(), 0);
  assert_int_equal(none.min(), 0);
  assert_int_equal(none.max(), 0);
  assert_int_equal(none.mean(), 0);
  assert_int_equal(none.percentile(99), 0);
  assert_int_equal(none.count_between(0, UINT64_MAX), 0);
}

void test_small_values_are_exact(void**) {
  LatencyHistogram values;
  for (std::uint64_t value = 1; value <= 200; ++value)
    values.add(value);
  assert_int_equal(values.percentile(1), 2);
  assert_int_equal(values.percentile(50), 100);
  assert_int_equal(values.percentile(99), 198);
  assert_int_equal(values.percentile(100), 200);
  assert_int_equal(values.mean(), 100);
  assert_int_equal(values.count_between(10, 20), 10);
  assert_int_equal(LatencyHistogram::resolution(255), 1);
}

void test_all_percentiles_of_one_value_are_the_value(void**) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{12'345'677}, std::uint64_t{UINT32_MAX} + 5}) {
    LatencyHistogram values;
    values.add(value);
    for (const unsigned percent : {1U, 50U, 99U, 100U})
      assert_int_equal(values.percentile(percent), value);
    assert_int_equal(values.count_between(value, value + 1), 1);
  }
}

void test_ranks_round_up(void**) {
  LatencyHistogram values;
  for (std::uint64_t value = 1; value <= 10; ++value)
    values.add(value);
  assert_int_equal(values.percentile(10), 1);
  assert_int_equal(values.percentile(11), 2);
  assert_int_equal(values.percentile(91), 10);
}

// 0.4 % over all magnitudes, and never outside of what was measured.
void test_percentiles_are_near(void**) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> spread(9, 3);
  const auto values = std::make_unique<LatencyHistogram>();
  std::vector<std::uint64_t> all;
  all.reserve(100'000);
  for (int i = 0; i < 100'000; ++i)
    all.push_back(static_cast<std::uint64_t>(std::min(spread(random), 4e9)));
  for (const std::uint64_t value : all)
    values->add(value);
  std::sort(all.begin(), all.end());
  for (unsigned percent = 1; percent <= 100; ++percent) {
    const auto truth = static_cast<double>(exact(all, percent));
    const auto said = static_cast<double>(values->percentile(percent));
    assert_true(said >= truth * 0.996 - 0.5 && said <= truth * 1.004 + 0.5);
  }
  assert_int_equal(values->min(), all.front());
  assert_int_equal(values->max(), all.back());
  assert_int_equal(values->count_between(0, UINT64_MAX), all.size());
}

void test_parts_add_up(void**) {
  LatencyHistogram values;
  for (std::uint64_t value = 900; value < 9000; value += 7)
    values.add(value);
  std::uint64_t sum = 0;
  for (std::uint64_t from = 0; from < 10'000; from += 500)
    sum += values.count_between(from, from + 500);
  assert_int_equal(sum, values.count());
}

void test_resolution_is_a_128th_at_most(void**) {
  for (std::uint64_t value = 256; value < UINT32_MAX; value += value / 3)
    assert_true(LatencyHistogram::resolution(value) * 128 <= value);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_small_values_are_exact),
      cmocka_unit_test(test_all_percentiles_of_one_value_are_the_value),
      cmocka_unit_test(test_ranks_round_up),
      cmocka_unit_test(test_percentiles_are_near),
      cmocka_unit_test(test_parts_add_up),
      cmocka_unit_test(test_resolution_is_a_128th_at_most),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
