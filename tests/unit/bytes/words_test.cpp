#include "bytes/words.h"

#include "support/cmocka_test.h"

namespace {

using mote::has_word;
using mote::take_word;

void words_are_taken_in_order(void**) {
  std::string_view words = "one two three";
  assert_true(take_word(words) == "one");
  assert_true(take_word(words) == "two");
  assert_true(words == "three");
  assert_true(take_word(words) == "three");
  assert_true(words.empty());
  assert_true(take_word(words).empty());
}

void a_word_is_found_whole(void**) {
  assert_true(has_word("one two three", "one"));
  assert_true(has_word("one two three", "two"));
  assert_true(has_word("one two three", "three"));
  assert_false(has_word("one two three", "tw"));
  assert_false(has_word("one two three", "wo"));
  assert_false(has_word("one two three", "two three"));
  assert_false(has_word("one two three", "TWO"));
  assert_false(has_word("one two three", ""));
  assert_false(has_word("", "one"));
  assert_false(has_word("", ""));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(words_are_taken_in_order),
      cmocka_unit_test(a_word_is_found_whole),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
