#include "gateway/environment.h"

#include <cstdint>
#include <string>

#include "gateway/served_product.h"
#include "gateway/settings.h"
#include "support/cmocka_test.h"

namespace {

using mote::gateway::Environment;
using mote::gateway::find_number;
using mote::gateway::find_variable;
using mote::gateway::read_environment;

void test_settings(void**) {
  const char* const variables[] = {"PATH=/bin", "MOTE_MAX_STREAMS=10", "MOTE_LISTEN=a=b", "MOTE_LOG_LEVEL=", nullptr};
  const Environment environment = read_environment(variables);
  assert_int_equal(environment.assignments.size(), 3);
  assert_string_equal(environment.assignments[0].origin.source.c_str(), "MOTE_MAX_STREAMS");
  assert_ptr_equal(environment.assignments[0].setting, mote::gateway::find_setting("max-streams"));
  assert_string_equal(environment.assignments[0].value.c_str(), "10");
  assert_string_equal(environment.assignments[1].value.c_str(), "a=b");
  assert_string_equal(environment.assignments[2].value.c_str(), "");
  assert_true(environment.warnings.empty());
  assert_false(environment.config_file.has_value());
}

void test_every_setting_has_its_variable(void**) {
  for (const auto& setting : mote::gateway::settings()) {
    const std::string variable = mote::gateway::variable_name(setting.key) + "=x";
    const char* const variables[] = {variable.c_str(), nullptr};
    const Environment environment = read_environment(variables);
    assert_int_equal(environment.assignments.size(), 1);
    assert_ptr_equal(environment.assignments[0].setting, &setting);
  }
}

void test_config_file(void**) {
  const char* const variables[] = {"MOTE_CONFIG=/etc/mote.conf", nullptr};
  assert_true(read_environment(variables).config_file == "/etc/mote.conf");
}

void test_unknown_variables_warn(void**) {
  const char* const variables[] = {"MOTE_MAX_STREAM=10", "MOTE_TEST_SEED=1", "MOTER_X=1", "MOTE_max_streams=1",
                                   nullptr};
  const Environment environment = read_environment(variables);
  assert_true(environment.assignments.empty());
  assert_int_equal(environment.warnings.size(), 2);
  assert_string_equal(environment.warnings[0].c_str(),
                      "MOTE_MAX_STREAM is no setting and changes nothing, the nearest is MOTE_MAX_STREAMS");
}

void test_another_product_has_another_prefix(void**) {
  const mote::Product before = mote::gateway::product();
  mote::gateway::set_product({.name = "plant-gateway", .version = "1.0.0", .environment = "PLANT_"});
  const char* const variables[] = {
      "MOTE_MAX_STREAMS=1", "MOTE_CONFIG=/a", "PLANT_MAX_STREAMS=10", "PLANT_CONFIG=/etc/b", "PLANT_TEST_A=1",
      "PLANT_MAX_STREAM=1", nullptr};
  const Environment environment = read_environment(variables);
  mote::gateway::set_product(before);
  assert_int_equal(environment.assignments.size(), 1);
  assert_string_equal(environment.assignments[0].origin.source.c_str(), "PLANT_MAX_STREAMS");
  assert_true(environment.config_file == "/etc/b");
  assert_int_equal(environment.warnings.size(), 1);
  assert_string_equal(environment.warnings[0].c_str(),
                      "PLANT_MAX_STREAM is no setting and changes nothing, the nearest is PLANT_MAX_STREAMS");
}

void test_none(void**) {
  const char* const variables[] = {nullptr};
  assert_true(read_environment(variables).assignments.empty());
}

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

void test_single_variables(void**) {
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
      cmocka_unit_test(test_settings),    cmocka_unit_test(test_every_setting_has_its_variable),
      cmocka_unit_test(test_config_file), cmocka_unit_test(test_unknown_variables_warn),
      cmocka_unit_test(test_none),        cmocka_unit_test(test_single_variables),
      cmocka_unit_test(test_numbers),     cmocka_unit_test(test_another_product_has_another_prefix),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
