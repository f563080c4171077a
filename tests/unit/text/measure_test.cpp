#include "text/measure.h"

#include <cstdint>
#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::text::parse_quantity;
using mote::text::Unit;

void assert_reads(std::string_view text, Unit unit, std::uint64_t value) {
  const auto parsed = parse_quantity(text, unit);
  assert_true(parsed.error.empty());
  assert_int_equal(parsed.value, value);
}

void assert_refused(std::string_view text, Unit unit, std::string_view advice) {
  const auto parsed = parse_quantity(text, unit);
  if (parsed.error.find(advice) == std::string_view::npos) {
    fail_msg("\"%.*s\": %.*s", int(text.size()), text.data(), int(parsed.error.size()), parsed.error.data());
  }
}

void test_plain_numbers(void**) {
  for (const Unit unit : {Unit::Count, Unit::Bytes, Unit::Milliseconds, Unit::Seconds, Unit::PerSecond}) {
    assert_reads("0", unit, 0);
    assert_reads("10000", unit, 10000);
    assert_reads("007", unit, 7);
  }
}

void test_multiples_of_bytes(void**) {
  assert_reads("64KiB", Unit::Bytes, 65536);
  assert_reads("64 KiB", Unit::Bytes, 65536);
  assert_reads("4MiB", Unit::Bytes, 4194304);
  assert_reads("3GiB", Unit::Bytes, 3221225472);
}

void test_invalid_numbers(void**) {
  for (const char* text : {"", " ", "-1", "+1", "KiB", "1.5", "1e3", "0x10", "1 2", "ten"}) {
    assert_refused(text, Unit::Count, "digits only");
    assert_refused(text, Unit::Bytes, "write 65536, 64KiB or 4MiB");
  }
  for (const char* text : {"1K", "1KB", "1kib", "1  KiB", "1KiB ", "1TiB"})
    assert_refused(text, Unit::Bytes, "64KiB");
  assert_refused("10s", Unit::Milliseconds, "milliseconds");
  assert_refused("10s", Unit::Seconds, "seconds");
  assert_refused("1KiB", Unit::Count, "digits only");
  assert_refused("5/s", Unit::PerSecond, "digits only");
}

// They must stay above every range, not wrap into one.
void test_huge_numbers_become_the_largest_number(void**) {
  assert_reads("18446744073709551615", Unit::Count, UINT64_MAX);
  assert_reads("18446744073709551616", Unit::Count, UINT64_MAX);
  assert_reads(std::string(1000, '9'), Unit::Count, UINT64_MAX);
  assert_reads("18014398509481984KiB", Unit::Bytes, UINT64_MAX);
  assert_reads("18014398509481983KiB", Unit::Bytes, 18014398509481983ULL * 1024);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_numbers),
      cmocka_unit_test(test_multiples_of_bytes),
      cmocka_unit_test(test_invalid_numbers),
      cmocka_unit_test(test_huge_numbers_become_the_largest_number),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
