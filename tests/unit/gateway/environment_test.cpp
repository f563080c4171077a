#include "gateway/environment.h"

#include <cstdint>
#include <string>

#include "gateway/settings.h"
#include "support/cmocka_test.h"

namespace {

using mote::gateway::Environment;
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

void test_none(void**) {
  const char* const variables[] = {nullptr};
  assert_true(read_environment(variables).assignments.empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_settings),    cmocka_unit_test(test_every_setting_has_its_variable),
      cmocka_unit_test(test_config_file), cmocka_unit_test(test_unknown_variables_warn),
      cmocka_unit_test(test_none),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
