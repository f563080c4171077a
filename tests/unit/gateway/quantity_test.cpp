#include "gateway/quantity.h"

#include <cstdint>
#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::engine::Unit;
using mote::gateway::parse_quantity;
using mote::gateway::readable_bytes;
using mote::gateway::to_text;

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

void test_what_is_no_number(void**) {
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
void test_huge_numbers_stay_huge(void**) {
  assert_reads("18446744073709551615", Unit::Count, UINT64_MAX);
  assert_reads("18446744073709551616", Unit::Count, UINT64_MAX);
  assert_reads(std::string(1000, '9'), Unit::Count, UINT64_MAX);
  assert_reads("18014398509481984KiB", Unit::Bytes, UINT64_MAX);
  assert_reads("18014398509481983KiB", Unit::Bytes, 18014398509481983ULL * 1024);
}

void test_text_is_exact_and_short(void**) {
  assert_string_equal(to_text(0, Unit::Bytes).c_str(), "0");
  assert_string_equal(to_text(1023, Unit::Bytes).c_str(), "1023");
  assert_string_equal(to_text(1025, Unit::Bytes).c_str(), "1025");
  assert_string_equal(to_text(65536, Unit::Bytes).c_str(), "64KiB");
  assert_string_equal(to_text(1048576, Unit::Bytes).c_str(), "1MiB");
  assert_string_equal(to_text(1048576 + 1024, Unit::Bytes).c_str(), "1025KiB");
  assert_string_equal(to_text(1073741824, Unit::Bytes).c_str(), "1GiB");
  assert_string_equal(to_text(65536, Unit::Count).c_str(), "65536");
}

void test_readable_bytes(void**) {
  assert_string_equal(readable_bytes(0).c_str(), "0 B");
  assert_string_equal(readable_bytes(10239).c_str(), "10239 B");
  assert_string_equal(readable_bytes(10240).c_str(), "10 KiB");
  assert_string_equal(readable_bytes(186368).c_str(), "182 KiB");
  assert_string_equal(readable_bytes(1048576).c_str(), "1 MiB");
  assert_string_equal(readable_bytes(1468006).c_str(), "1.4 MiB");
  assert_string_equal(readable_bytes(2097151).c_str(), "2 MiB");
  assert_string_equal(readable_bytes(UINT64_MAX).c_str(), "17592186044416 MiB");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_numbers),           cmocka_unit_test(test_multiples_of_bytes),
      cmocka_unit_test(test_what_is_no_number),       cmocka_unit_test(test_huge_numbers_stay_huge),
      cmocka_unit_test(test_text_is_exact_and_short), cmocka_unit_test(test_readable_bytes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
