#include "mote-device/bars.h"

#include <string>

#include "support/captured.h"
#include "support/cmocka_test.h"

namespace {

using mote::tool::LatencyHistogram;
using mote::tool::round_step;
using mote::tool::Row;
using mote::tool::Rows;

std::string drawn(const LatencyHistogram& values, std::size_t columns, bool blocks) {
  return mote::test::captured([&](std::FILE* out) { mote::tool::draw_bars(values, columns, blocks, out); });
}

void add(LatencyHistogram& values, std::uint64_t value, unsigned times) {
  for (unsigned i = 0; i < times; ++i)
    values.add(value);
}

void test_round_steps(void**) {
  const std::uint64_t wanted[][2] = {
      {0, 1}, {1, 1}, {2, 2}, {3, 5}, {6, 10}, {11, 20}, {50, 50}, {51, 100}, {4'000'000, 5'000'000}};
  for (const auto& [least, step] : wanted)
    assert_int_equal(round_step(least), step);
}

void test_digits(void**) {
  assert_int_equal(mote::tool::millisecond_digits(1), 3);
  assert_int_equal(mote::tool::millisecond_digits(10), 2);
  assert_int_equal(mote::tool::millisecond_digits(500), 1);
  assert_int_equal(mote::tool::millisecond_digits(1000), 0);
}

void test_rows_cover_all_once(void**) {
  for (const std::uint64_t span : {std::uint64_t{1}, std::uint64_t{9}, std::uint64_t{1234}, std::uint64_t{5'000'000}}) {
    LatencyHistogram values;
    for (std::uint64_t i = 0; i <= 100; ++i)
      values.add(777 + span * i / 100);
    const Rows rows(values);
    assert_true(rows.all().front().from <= values.min());
    assert_true(rows.all().back().to > values.max());
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < rows.all().size(); ++i) {
      sum += rows.all()[i].count;
      if (i != 0) assert_int_equal(rows.all()[i].from, rows.all()[i - 1].to);
    }
    assert_int_equal(sum, 101);
  }
}

// One call of a thousand that took a thousand times as long does not flatten all others into one row.
void test_a_tail_goes_into_the_last_row(void**) {
  LatencyHistogram values;
  for (std::uint64_t i = 0; i < 999; ++i)
    values.add(300 + i % 100);
  values.add(400'000);
  const Rows rows(values);
  assert_int_equal(rows.width(), 10);
  const Row& last = rows.all().back();
  assert_int_equal(last.to, Rows::kNoEnd);
  assert_int_equal(last.count, 1);
  assert_true(drawn(values, 60, false)
                  .ends_with("0.39 to 0.40 ms  ################################ 99\n"
                             "   from 0.40 ms  # 1\n"));
}

void test_nothing_draws_nothing(void**) {
  const LatencyHistogram none;
  assert_string_equal(drawn(none, 80, true).c_str(), "");
}

void test_drawing(void**) {
  LatencyHistogram values;
  add(values, 1000, 8);
  add(values, 2000, 4);
  add(values, 3000, 1);
  assert_string_equal(drawn(values, 54, false).c_str(),
                      "1.0 to 1.2 ms  ############################ 8\n"
                      "1.2 to 1.4 ms  0\n"
                      "1.4 to 1.6 ms  0\n"
                      "1.6 to 1.8 ms  0\n"
                      "1.8 to 2.0 ms  0\n"
                      "2.0 to 2.2 ms  ############## 4\n"
                      "2.2 to 2.4 ms  0\n"
                      "2.4 to 2.6 ms  0\n"
                      "2.6 to 2.8 ms  0\n"
                      "2.8 to 3.0 ms  0\n"
                      "3.0 to 3.2 ms  #### 1\n");
  assert_true(drawn(values, 54, true).find("3.0 to 3.2 ms  ███▌ 1\n") != std::string::npos);
}

void test_no_line_is_too_wide(void**) {
  LatencyHistogram values;
  add(values, 123'456, 5);
  add(values, 9'999'999, 1'000'000);
  for (std::size_t from = 0, end = 0; end != std::string::npos; from = end + 1) {
    const std::string text = drawn(values, 60, false);
    end = text.find('\n', from);
    if (end != std::string::npos) assert_true(end - from <= 60);
  }
}

void test_existing_values_are_shown(void**) {
  LatencyHistogram values;
  add(values, 10, 100'000);
  add(values, 19, 1);
  assert_true(drawn(values, 60, false).find("# 1\n") != std::string::npos);
  assert_true(drawn(values, 60, true).find("▏ 1\n") != std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_round_steps),           cmocka_unit_test(test_digits),
      cmocka_unit_test(test_rows_cover_all_once),   cmocka_unit_test(test_a_tail_goes_into_the_last_row),
      cmocka_unit_test(test_nothing_draws_nothing), cmocka_unit_test(test_drawing),
      cmocka_unit_test(test_no_line_is_too_wide),   cmocka_unit_test(test_existing_values_are_shown),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
