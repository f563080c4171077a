// mbedtls_platform_gmtime_r() of src/tls/server_context.cpp against the one of the C library.
#include <cstdint>
#include <ctime>
#include <random>

#include "mbedtls/platform_util.h"
#include "support/cmocka_test.h"
#include "support/seed.h"

namespace {

void check(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm ours{};
  std::tm theirs{};
  assert_ptr_equal(mbedtls_platform_gmtime_r(&time, &ours), &ours);
  assert_non_null(::gmtime_r(&time, &theirs));
  assert_int_equal(ours.tm_year, theirs.tm_year);
  assert_int_equal(ours.tm_mon, theirs.tm_mon);
  assert_int_equal(ours.tm_mday, theirs.tm_mday);
  assert_int_equal(ours.tm_hour, theirs.tm_hour);
  assert_int_equal(ours.tm_min, theirs.tm_min);
  assert_int_equal(ours.tm_sec, theirs.tm_sec);
}

void test_known_moments(void**) {
  constexpr std::int64_t kMoments[] = {0,          59,         86399,       86400,      951782399,
                                       951782400,  951868800,  2147483647,  2147483648, 4107542399,
                                       4107542400, 4294967296, 253402300799};
  for (const std::int64_t moment : kMoments)
    check(moment);
}

void test_any_moment(void**) {
  std::mt19937 random = mote::test::seeded_random();
  std::uniform_int_distribution<std::int64_t> moments(0, 253402300799);  // The end of the year 9999.
  for (int i = 0; i < 100'000; ++i)
    check(moments(random));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_known_moments),
      cmocka_unit_test(test_any_moment),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
