#include "bytes/hex_digit.h"

#include <algorithm>
#include <string_view>

#include "support/cmocka_test.h"

namespace {

using namespace mote;

void test_every_character(void**) {
  constexpr std::string_view kLower = "0123456789abcdef";
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  for (int code = -128; code < 128; ++code) {
    const char c = static_cast<char>(code);
    const std::size_t value = std::min(kLower.find(c), kUpper.find(c));
    assert_int_equal(is_hex_digit(c), value != std::string_view::npos);
    assert_int_equal(hex_value(c), value == std::string_view::npos ? kNoHexDigit : value);
  }
}

void test_no_digit_exceeds_two_digits(void**) {
  assert_int_equal(hex_value('f') << 4U | hex_value('f'), kNoHexDigit - 1);
  assert_true((hex_value('g') << 4U | hex_value('0')) >= kNoHexDigit);
  assert_true((hex_value('0') << 4U | hex_value('g')) >= kNoHexDigit);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_character),
      cmocka_unit_test(test_no_digit_exceeds_two_digits),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
