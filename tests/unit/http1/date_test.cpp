#include "http1/date.h"

#include <array>
#include <ctime>
#include <string>

#include "support/cmocka_test.h"
#include "support/written.h"

namespace {

std::string date(std::uint64_t unix_seconds) {
  return *mote::test::written([unix_seconds](mote::ByteWriter& out) { mote::http1::write_date(out, unix_seconds); });
}

void test_the_date_of_the_specification(void**) {
  assert_string_equal(date(784'111'777).c_str(), "Sun, 06 Nov 1994 08:49:37 GMT");
}

void test_the_first_date(void**) {
  assert_string_equal(date(0).c_str(), "Thu, 01 Jan 1970 00:00:00 GMT");
}

// A time of day on each day to the year 2400, with the leap years and those that are none.
void test_every_day(void**) {
  constexpr std::uint64_t kDay = 86'400;
  for (std::uint64_t day = 0; day < 157'000; ++day) {
    const auto seconds = static_cast<std::time_t>(day * kDay + day * 7919 % kDay);
    std::tm fields{};
    ::gmtime_r(&seconds, &fields);
    std::array<char, 64> expected{};
    std::strftime(expected.data(), expected.size(), "%a, %d %b %Y %H:%M:%S GMT", &fields);
    assert_string_equal(date(static_cast<std::uint64_t>(seconds)).c_str(), expected.data());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_date_of_the_specification),
      cmocka_unit_test(test_the_first_date),
      cmocka_unit_test(test_every_day),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
