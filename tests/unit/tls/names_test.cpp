#include "tls/names.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::tls::is_name;
using mote::tls::name_listed;
using mote::tls::name_matches;

void test_characters_of_names(void**) {
  for (const std::string& name :
       {std::string("pump"), std::string("dev-1.plant"), std::string("A_b.9"), std::string(253, 'a')})
    assert_true(is_name(name));
  for (const std::string& name : {std::string(), std::string("*.plant"), std::string("a b"), std::string("a\0b", 3),
                                  std::string("a\n"), std::string("\xc3\xa4"), std::string(254, 'a')})
    assert_false(is_name(name));
}

void test_a_pattern_stands_for_one_label(void**) {
  assert_true(name_matches("pump.plant", "Pump.PLANT"));
  assert_true(name_matches("*.plant", "pump.plant"));
  for (const std::string_view name : {"plant", ".plant", "a.pump.plant", "pump.plants", "pump.plan", "pump"})
    assert_false(name_matches("*.plant", name));
  assert_false(name_matches("pump", "pum"));
  assert_false(name_matches("", "pump"));
}

void test_lists_of_patterns(void**) {
  assert_true(name_listed("a\n*.plant\nb\n", "dev-1.plant"));
  assert_true(name_listed("a\nb", "b"));
  assert_false(name_listed("a\nb\n", "c"));
  assert_false(name_listed("", "c"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_characters_of_names),
      cmocka_unit_test(test_a_pattern_stands_for_one_label),
      cmocka_unit_test(test_lists_of_patterns),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
