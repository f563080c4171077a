#include "gateway/command_line.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/settings.h"
#include "support/cmocka_test.h"

namespace {

using mote::gateway::Action;
using mote::gateway::CommandLine;

CommandLine parse(std::vector<const char*> arguments) {
  return mote::gateway::parse_command_line(arguments);
}

std::string errors(std::vector<const char*> arguments) {
  std::string all;
  for (const auto& error : parse(std::move(arguments)).errors)
    all += error.to_text() + "\n";
  return all;
}

void test_both_spellings(void**) {
  const CommandLine line = parse({"--max-streams", "5", "--log-level=warn", "--listen", "a", "--listen=b=c"});
  assert_true(line.errors.empty());
  assert_true(line.action == Action::Run);
  assert_int_equal(line.assignments.size(), 4);
  assert_string_equal(line.assignments[0].origin.source.c_str(), "--max-streams");
  assert_string_equal(line.assignments[0].value.c_str(), "5");
  assert_string_equal(line.assignments[1].value.c_str(), "warn");
  assert_string_equal(line.assignments[2].value.c_str(), "a");
  assert_string_equal(line.assignments[3].value.c_str(), "b=c");
}

void test_every_setting_is_a_flag(void**) {
  for (const auto& setting : mote::gateway::settings()) {
    const std::string flag = "--" + std::string(setting.key);
    const CommandLine line = parse({flag.c_str(), "x"});
    assert_int_equal(line.assignments.size(), 1);
    assert_ptr_equal(line.assignments[0].setting, &setting);
  }
}

void test_config_file(void**) {
  assert_true(parse({"--config", "a.conf"}).config_file == "a.conf");
  assert_true(parse({"--config=a.conf", "--config=b.conf"}).config_file == "b.conf");
  assert_false(parse({}).config_file.has_value());
}

void test_actions(void**) {
  assert_true(parse({"--print-config"}).action == Action::PrintConfig);
  assert_true(parse({"--print-config", "--check-config"}).action == Action::CheckConfig);
  assert_true(parse({"--version"}).action == Action::Version);
  assert_true(parse({"-h"}).action == Action::Help);
  assert_true(parse({"--help", "--print-config", "--nonsense"}).action == Action::Help);
}

void test_no_sandbox_is_short_for_a_setting(void**) {
  const CommandLine line = parse({"--no-sandbox", "--max-streams", "5"});
  assert_int_equal(line.assignments.size(), 2);
  assert_ptr_equal(line.assignments[0].setting, mote::gateway::find_setting("sandbox"));
  assert_string_equal(line.assignments[0].value.c_str(), "off");
  assert_string_equal(errors({"--no-sandbox=yes"}).c_str(), "--no-sandbox: the flag has no value\n");
  assert_string_equal(errors({"--no-sandbo"}).c_str(), "unknown flag --no-sandbo, the nearest is --no-sandbox\n");
}

void test_a_negative_number_is_a_value(void**) {
  assert_string_equal(parse({"--max-streams", "-5"}).assignments.at(0).value.c_str(), "-5");
}

void test_errors(void**) {
  assert_string_equal(errors({"--max-stream", "5"}).c_str(),
                      "unknown flag --max-stream, the nearest is --max-streams\n");
  assert_string_equal(errors({"--max-stream=5"}).c_str(), "unknown flag --max-stream, the nearest is --max-streams\n");
  assert_string_equal(errors({"--print-conf"}).c_str(), "unknown flag --print-conf, the nearest is --print-config\n");
  assert_string_equal(errors({"--conf", "x"}).c_str(), "unknown flag --conf, the nearest is --config\n");
  assert_string_equal(errors({"--max-streams"}).c_str(), "--max-streams: the value is missing\n");
  assert_string_equal(errors({"--max-streams="}).c_str(), "--max-streams: the value is missing\n");
  assert_string_equal(errors({"--max-streams", "--log-level", "warn"}).c_str(),
                      "--max-streams: the value is missing\n");
  assert_string_equal(errors({"--config"}).c_str(), "--config: the value is missing\n");
  assert_string_equal(errors({"--help=yes"}).c_str(), "--help: the flag has no value\n");
  assert_string_equal(errors({"50051"}).c_str(), "\"50051\" is not a flag: flags begin with --\n");
  assert_string_equal(errors({"-p", "1"}).c_str(),
                      "\"-p\" is not a flag: flags begin with --\n\"1\" is not a flag: flags begin with --\n");
  assert_string_equal(errors({""}).c_str(), "\"\" is not a flag: flags begin with --\n");
  assert_int_equal(parse({"--x", "--y", "1", "--max-streams", "2"}).errors.size(), 2);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_both_spellings),
      cmocka_unit_test(test_every_setting_is_a_flag),
      cmocka_unit_test(test_config_file),
      cmocka_unit_test(test_actions),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_a_negative_number_is_a_value),
      cmocka_unit_test(test_no_sandbox_is_short_for_a_setting),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
