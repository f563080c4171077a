#include "text/flag.h"

#include "support/cmocka_test.h"

namespace {

using mote::text::Arguments;
using mote::text::Flag;
using mote::text::take_flag;
using mote::text::take_value;

void expect_flag(const char* argument, std::string_view name, const char* value) {
  const char* const list[] = {argument, "next"};
  Arguments arguments(list);
  const Flag flag = take_flag(arguments);
  assert_true(flag.name == name);
  if (value == nullptr) {
    assert_null(flag.value);
  } else {
    assert_string_equal(flag.value, value);
  }
  assert_int_equal(arguments.size(), 1);
}

void a_flag_and_its_value_in_one_argument(void**) {
  expect_flag("--target", "--target", nullptr);
  expect_flag("--target=a", "--target", "a");
  expect_flag("--target=", "--target", "");
  expect_flag("--metadata=name=value", "--metadata", "name=value");
  expect_flag("word", "word", nullptr);
  expect_flag("", "", nullptr);
  expect_flag("=", "", "");
}

void the_next_argument_is_the_value(void**) {
  const char* const list[] = {"-5", "", "--flag"};
  Arguments arguments(list);
  assert_string_equal(take_value(arguments), "-5");
  assert_string_equal(take_value(arguments), "");
  assert_null(take_value(arguments));
  assert_int_equal(arguments.size(), 1);
  arguments = {};
  assert_null(take_value(arguments));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_flag_and_its_value_in_one_argument),
      cmocka_unit_test(the_next_argument_is_the_value),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
