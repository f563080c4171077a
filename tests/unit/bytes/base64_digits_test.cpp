#include "bytes/base64_digits.h"

#include "support/cmocka_test.h"

namespace {

using namespace mote;

void test_every_character(void**) {
  for (int code = -128; code < 128; ++code) {
    const char c = static_cast<char>(code);
    const std::size_t value = kBase64Digits.find(c);
    assert_int_equal(base64_value(c), value == std::string_view::npos ? -1 : static_cast<int>(value));
  }
  assert_int_equal(kBase64Digits.size(), 64);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_character),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
