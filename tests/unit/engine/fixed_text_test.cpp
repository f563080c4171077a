#include "engine/fixed_text.h"

#include "support/cmocka_test.h"

namespace {

using mote::engine::FixedText;

void test_texts_and_numbers_add_up(void**) {
  FixedText<40> text;
  assert_true(text.view().empty());
  text.add("a").add("").add(std::uint64_t{0}).add(" ").add(UINT64_MAX);
  assert_true(text.view() == "a0 18446744073709551615");
  assert_false(text.truncated());
}

void test_longer_text_is_truncated(void**) {
  FixedText<5> text;
  text.add("abc");
  text.add("de");
  assert_false(text.truncated());
  text.add("");
  assert_false(text.truncated());
  text.add("f");
  assert_true(text.truncated());
  assert_true(text.view() == "abcde");
  text.add("");
  assert_true(text.truncated());

  FixedText<3> number;
  number.add(std::uint64_t{12345});
  assert_true(number.view() == "123" && number.truncated());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_texts_and_numbers_add_up),
      cmocka_unit_test(test_longer_text_is_truncated),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
