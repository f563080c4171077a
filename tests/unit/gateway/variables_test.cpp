#include "gateway/variables.h"

#include "support/cmocka_test.h"

namespace {

using mote::gateway::find_number;
using mote::gateway::find_variable;

constexpr const char* kVariables[] = {"LISTEN_FDS_X=1",
                                      "LISTEN_FDS=2",
                                      "EMPTY=",
                                      "BARE",
                                      "A=b=c",
                                      "BIG=18446744073709551615",
                                      "BIGGER=18446744073709551616",
                                      "SPACE= 1",
                                      "SIGN=-1",
                                      "HEX=0x1",
                                      nullptr};

void test_values(void**) {
  assert_true(find_variable(kVariables, "LISTEN_FDS") == "2");
  assert_true(find_variable(kVariables, "EMPTY") == "");
  assert_true(find_variable(kVariables, "A") == "b=c");
  assert_false(find_variable(kVariables, "BARE").has_value());
  assert_false(find_variable(kVariables, "LISTEN").has_value());
  const char* const none[] = {nullptr};
  assert_false(find_variable(none, "A").has_value());
}

void test_numbers(void**) {
  assert_true(find_number(kVariables, "LISTEN_FDS") == 2U);
  assert_true(find_number(kVariables, "BIG") == UINT64_MAX);
  for (const char* name : {"EMPTY", "BARE", "A", "BIGGER", "SPACE", "SIGN", "HEX", "NOWHERE"})
    assert_false(find_number(kVariables, name).has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_numbers),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
