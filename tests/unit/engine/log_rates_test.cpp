#include "engine/log_rates.h"

#include <string>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using mote::engine::LogRates;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = mote::rpc::Time;

constexpr Time kStart = std::chrono::hours(1);

std::vector<std::string> reported(LogRates& rates, Time now) {
  std::vector<std::string> lines;
  rates.report(now, [&](std::string_view event, std::uint64_t count) {
    lines.push_back(std::string(event) + " " + std::to_string(count));
  });
  return lines;
}

std::size_t admitted(LogRates& rates, std::string_view event, std::size_t lines, Time now) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < lines; ++i)
    if (rates.admit(event, now)) ++count;
  return count;
}

void test_each_event_has_its_own_rate(void**) {
  LogRates rates(3);
  assert_int_equal(admitted(rates, "a", 10, kStart), 3);
  assert_int_equal(admitted(rates, "b", 2, kStart), 2);
  assert_int_equal(admitted(rates, "b", 2, kStart), 1);
  assert_int_equal(rates.suppressed(), 8);
}

void test_the_next_second_admits_again(void**) {
  LogRates rates(3);
  assert_int_equal(admitted(rates, "a", 10, kStart), 3);
  assert_int_equal(admitted(rates, "a", 1, kStart + seconds(1) - Time(1)), 0);
  assert_int_equal(admitted(rates, "a", 10, kStart + seconds(1)), 3);
}

void test_suppressed_lines_are_reported_when_the_second_is_over(void**) {
  LogRates rates(1);
  assert_true(rates.due() == LogRates::kNothingDue);
  admitted(rates, "a", 1, kStart);
  assert_true(rates.due() == LogRates::kNothingDue);
  admitted(rates, "a", 4, kStart + milliseconds(500));
  admitted(rates, "b", 3, kStart + milliseconds(700));
  assert_true(rates.due() == kStart + seconds(1));
  assert_true(reported(rates, kStart + milliseconds(999)).empty());
  assert_true(reported(rates, kStart + seconds(1)) == std::vector<std::string>{"a 4"});
  assert_true(rates.due() == kStart + milliseconds(1700));
  assert_true(reported(rates, kStart + seconds(9)) == std::vector<std::string>{"b 2"});
  assert_true(rates.due() == LogRates::kNothingDue);
  assert_true(reported(rates, kStart + seconds(10)).empty());
  assert_int_equal(rates.suppressed(), 6);
}

void test_a_new_rate_is_in_force_at_once(void**) {
  LogRates rates(1);
  assert_int_equal(admitted(rates, "a", 2, kStart), 1);
  rates.set(5);
  assert_int_equal(admitted(rates, "a", 10, kStart), 4);
}

// Nothing is lost where there are more events than rows; the last ones share a row.
void test_more_events_than_rows(void**) {
  LogRates rates(1);
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i)
    names.push_back("event" + std::to_string(i));
  std::size_t count = 0;
  for (const std::string& name : names)
    count += admitted(rates, name, 1, kStart);
  assert_true(count >= 39 && count < 100);
  assert_int_equal(count + rates.suppressed(), 100);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_each_event_has_its_own_rate),
      cmocka_unit_test(test_the_next_second_admits_again),
      cmocka_unit_test(test_suppressed_lines_are_reported_when_the_second_is_over),
      cmocka_unit_test(test_a_new_rate_is_in_force_at_once),
      cmocka_unit_test(test_more_events_than_rows),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
