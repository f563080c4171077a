#include "gateway/configure.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "sizes.h"
#include "support/cmocka_test.h"
#include "support/temporary_file.h"

namespace {

using mote::gateway::Config;
using mote::gateway::Outcome;
using mote::test::TemporaryFile;

Outcome configure(std::vector<const char*> arguments, std::vector<const char*> variables = {}) {
  variables.push_back(nullptr);
  return mote::gateway::configure({"mote-gateway", kSizes, {}, "1.2.3"}, arguments, variables.data());
}

void assert_one_line(const Outcome& outcome, const std::string& line) {
  assert_false(outcome.config.has_value());
  assert_int_equal(outcome.exit_code, 2);
  assert_string_equal(outcome.out.c_str(), "");
  assert_string_equal(outcome.err.c_str(), (line + "\n").c_str());
}

void test_runs_with_the_defaults(void**) {
  const Outcome outcome = configure({});
  assert_true(outcome.config.has_value());
  assert_int_equal(outcome.exit_code, 0);
  assert_string_equal((outcome.out + outcome.err).c_str(), "");
  assert_int_equal(outcome.config->limits.buffer_bytes, 1024 * 1024);
}

void test_flags_over_environment_over_file(void**) {
  const TemporaryFile file("max-streams = 1\nmax-connections = 1\nmax-header-fields = 11\n");
  const Outcome outcome = configure({"--config", file.path(), "--max-streams=3"},
                                    {"MOTE_MAX_STREAMS=2", "MOTE_MAX_CONNECTIONS=2", "HOME=/"});
  assert_true(outcome.config.has_value());
  assert_int_equal(outcome.config->limits.max_streams, 3);
  assert_int_equal(outcome.config->limits.max_connections, 2);
  assert_int_equal(outcome.config->limits.max_header_fields, 11);
}

void test_the_file_comes_from_the_flag_before_the_environment(void**) {
  const TemporaryFile a("max-streams = 1\n");
  const TemporaryFile b("max-streams = 2\n");
  const std::string variable = std::string("MOTE_CONFIG=") + a.path();
  assert_int_equal(configure({}, {variable.c_str()}).config.value().limits.max_streams, 1);
  assert_int_equal(configure({"--config", b.path()}, {variable.c_str()}).config.value().limits.max_streams, 2);
}

void test_bad_flags_are_one_line(void**) {
  assert_one_line(configure({"--max-stream", "5"}),
                  "mote-gateway: unknown flag --max-stream, the nearest is --max-streams");
  assert_one_line(configure({"--max-streams", "0", "--max-connections", "x"}),
                  "mote-gateway: --max-streams: 0 is out of range: 1 to 65536");
  assert_one_line(configure({"--listen", "localhost:1"}),
                  "mote-gateway: --listen: \"localhost:1\": the host is not a numeric address (for localhost write "
                  "127.0.0.1 or [::1], for all addresses *)");
  assert_one_line(configure({"--config", "/nonexistent"}),
                  "mote-gateway: /nonexistent: cannot be read: No such file or directory");
}

void test_a_small_budget_is_one_line(void**) {
  const Outcome outcome = configure({"--memory-budget", "1MiB"});
  assert_int_equal(outcome.exit_code, 2);
  assert_int_equal(outcome.err.rfind("mote-gateway: --memory-budget: the worst case of the limits needs ", 0), 0);
  assert_int_equal(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
}

void test_a_bad_flag_hides_other_errors(void**) {
  const TemporaryFile file("x\ny\n");
  assert_one_line(configure({"--config", file.path(), "oops"}),
                  "mote-gateway: \"oops\" is not a flag: flags begin with --");
}

void test_each_error_of_the_file_is_one_line(void**) {
  const TemporaryFile file("max-streams = 0\nmax-stream = 1\n");
  const std::string path = file.path();
  const Outcome outcome = configure({"--config", file.path()});
  assert_one_line(outcome, "mote-gateway: " + path + ":1: max-streams: 0 is out of range: 1 to 65536\nmote-gateway: " +
                               path + ":2: unknown key \"max-stream\", the nearest is \"max-streams\"");
}

void test_check_lists_all_errors_in_the_order_of_the_file(void**) {
  const TemporaryFile file("max-streams = 0\nmax-stream = 1\n\nbuffer-bytes = 64KiB\nnonsense\nlog-level = x\n");
  const std::string at = std::string(file.path()) + ":";
  const Outcome outcome = configure({"--check-config", "--config", file.path(), "--drain-seconds=x", "--trusted"},
                                    {"MOTE_MAX_CONNECTIONS=0"});
  assert_one_line(outcome, at + "1: max-streams: 0 is out of range: 1 to 65536\n" +  //
                               at + "2: unknown key \"max-stream\", the nearest is \"max-streams\"\n" + at +
                               "4: buffer-bytes = 64KiB is too small: at least 256KiB (4 x max-message-bytes); "
                               "raise it or lower max-message-bytes\n" +
                               at + "5: this is not \"key = value\"\n" + at +
                               "6: log-level: \"x\" is not a level: write error, warn, info or debug\n"
                               "unknown flag --trusted, the nearest is --trusted-proxy\n"
                               "MOTE_MAX_CONNECTIONS: 0 is out of range: 1 to 65536\n"
                               "--drain-seconds: \"x\" is not a number of seconds: write 10");
}

void test_check_of_what_is_valid(void**) {
  const TemporaryFile file("max-streams = 7\n");
  const Outcome outcome = configure({"--config", file.path(), "--check-config"});
  assert_false(outcome.config.has_value());
  assert_int_equal(outcome.exit_code, 0);
  assert_string_equal(outcome.out.c_str(), "configuration is valid\n");
  assert_string_equal(outcome.err.c_str(), "");
}

void test_check_reports_the_budget(void**) {
  const Outcome outcome = configure({"--check-config", "--memory-budget", "1MiB"});
  assert_int_equal(outcome.exit_code, 2);
  assert_int_equal(outcome.err.rfind("--memory-budget: the worst case", 0), 0);
}

void test_print_shows_what_is_in_force_and_reads_back(void**) {
  const Outcome printed = configure({"--print-config", "--max-streams", "9"}, {"MOTE_LOG_LEVEL=debug"});
  assert_int_equal(printed.exit_code, 0);
  assert_string_equal(printed.err.c_str(), "");
  const TemporaryFile file(printed.out);
  const Outcome again = configure({"--config", file.path()});
  assert_true(again.config == configure({"--max-streams=9", "--log-level=debug"}).config);
  assert_string_equal(configure({"--config", file.path(), "--print-config"}).out.c_str(), printed.out.c_str());
}

void test_print_of_a_wrong_configuration(void**) {
  assert_one_line(configure({"--print-config", "--max-streams", "0"}),
                  "mote-gateway: --max-streams: 0 is out of range: 1 to 65536");
}

void test_help_and_version_ignore_everything_else(void**) {
  const Outcome help = configure({"--help", "--nonsense"}, {"MOTE_MAX_STREAMS=x", "MOTE_X=1"});
  assert_int_equal(help.exit_code, 0);
  assert_int_equal(help.out.rfind("Usage: mote-gateway ", 0), 0);
  assert_string_equal(help.err.c_str(), "");
  const Outcome version = configure({"--version"});
  assert_int_equal(version.exit_code, 0);
  assert_string_equal(version.out.c_str(), "mote-gateway 1.2.3\n");
}

void test_warnings_stop_nothing(void**) {
  const Outcome outcome = configure({}, {"MOTE_PORT=tcp://10.0.0.1:50051", "MOTE_TEST_SEED=1"});
  assert_true(outcome.config.has_value());
  assert_string_equal(outcome.err.c_str(),
                      "mote-gateway: MOTE_PORT is no setting and changes nothing, the nearest is MOTE_REUSE_PORT\n");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_runs_with_the_defaults),
      cmocka_unit_test(test_flags_over_environment_over_file),
      cmocka_unit_test(test_the_file_comes_from_the_flag_before_the_environment),
      cmocka_unit_test(test_bad_flags_are_one_line),
      cmocka_unit_test(test_a_small_budget_is_one_line),
      cmocka_unit_test(test_a_bad_flag_hides_other_errors),
      cmocka_unit_test(test_each_error_of_the_file_is_one_line),
      cmocka_unit_test(test_check_lists_all_errors_in_the_order_of_the_file),
      cmocka_unit_test(test_check_of_what_is_valid),
      cmocka_unit_test(test_check_reports_the_budget),
      cmocka_unit_test(test_print_shows_what_is_in_force_and_reads_back),
      cmocka_unit_test(test_print_of_a_wrong_configuration),
      cmocka_unit_test(test_help_and_version_ignore_everything_else),
      cmocka_unit_test(test_warnings_stop_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
