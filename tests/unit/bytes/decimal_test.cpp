#include "bytes/decimal.h"

#include "support/cmocka_test.h"

namespace {

using mote::decimal;

void digits(void**) {
  assert_int_equal(decimal(""), 0);
  assert_int_equal(decimal("0"), 0);
  assert_int_equal(decimal("7"), 7);
  assert_int_equal(decimal("007"), 7);
  assert_int_equal(decimal("200"), 200);
  assert_int_equal(decimal("999999999"), 999'999'999);
}

void other_content_types_are_not_grpc(void**) {
  for (const char* text : {"-1", "+1", " 1", "1 ", "1.0", "0x1", "1a", "a1", "/", ":", "\xff"})
    assert_int_equal(decimal(text), -1);
  assert_int_equal(decimal(std::string_view("1\0", 2)), -1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(digits),
      cmocka_unit_test(other_content_types_are_not_grpc),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
