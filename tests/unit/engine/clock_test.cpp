// Clocks far from now: signed 32-bit seconds end in January 2038, unsigned ones in February 2106.
#include "engine/clock.h"

#include <chrono>
#include <ctime>

#include "support/cmocka_test.h"

namespace {

timespec given{};

}  // namespace

// Replaces the function of the C library, under the name that its header uses for a 64-bit time.
int clock_gettime(clockid_t /*clock*/, timespec* time) noexcept {
  *time = given;
  return 0;
}

namespace {

using mote::engine::steady_clock;
using mote::engine::wall_clock_us;

void test_times_past_2038_and_2106(void**) {
  static_assert(sizeof(time_t) == 8);
  for (const std::int64_t seconds : {std::int64_t{0}, std::int64_t{0x7fffffff}, std::int64_t{0x80000000},
                                     std::int64_t{0xffffffff}, std::int64_t{0x100000001}}) {
    given = {.tv_sec = seconds, .tv_nsec = 999'999'999};
    assert_int_equal(wall_clock_us(), static_cast<std::uint64_t>(seconds) * 1'000'000 + 999'999);
    assert_int_equal(steady_clock().count(), seconds * 1'000'000 + 999'999);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(test_times_past_2038_and_2106)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
