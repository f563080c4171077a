#include "gateway/quantity.h"

#include <cstdint>

#include "support/cmocka_test.h"

namespace {

using mote::gateway::readable_bytes;
using mote::gateway::to_text;
using mote::text::Unit;

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
      cmocka_unit_test(test_text_is_exact_and_short),
      cmocka_unit_test(test_readable_bytes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
