#include "text/typing_distance.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::text::typing_distance;

void test_distance(void**) {
  assert_int_equal(typing_distance("", ""), 0);
  assert_int_equal(typing_distance("", "abc"), 3);
  assert_int_equal(typing_distance("abc", ""), 6);
  assert_int_equal(typing_distance("abc", "abc"), 0);
  assert_int_equal(typing_distance("abc", "abd"), 3);
  assert_int_equal(typing_distance("ac", "abc"), 1);
  assert_int_equal(typing_distance("abbc", "abc"), 2);
  assert_int_equal(typing_distance("kitten", "sitting"), 3 + 3 + 1);
  assert_int_equal(typing_distance("MAX_STREAMS", "max-streams"), 0);
}

void test_long_words_are_split(void**) {
  assert_int_equal(typing_distance(std::string(100'000, 'x'), "listen"), 2 * 64 + 6);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_distance),
      cmocka_unit_test(test_long_words_are_split),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
