#include "gateway/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "gateway/settings.h"
#include "support/cmocka_test.h"

namespace {

using mote::gateway::ConfigFile;
using mote::gateway::parse_config_file;
using mote::gateway::read_config_file;

// Every assignment of a text as "LINE key=value ".
std::string read(std::string_view text) {
  const ConfigFile file = parse_config_file(text, "f");
  for (const auto& error : file.errors)
    fail_msg("%s", error.to_text().c_str());
  std::string all;
  for (const auto& assignment : file.assignments) {
    assert_string_equal(assignment.origin.source.c_str(), "f");
    all += std::to_string(assignment.origin.line) + " " + std::string(assignment.setting->key) + "=" + assignment.value;
    all += ";";
  }
  return all;
}

std::string errors(std::string_view text) {
  std::string all;
  for (const auto& error : parse_config_file(text, "f").errors)
    all += error.to_text() + "\n";
  return all;
}

void test_lines(void**) {
  assert_string_equal(read("").c_str(), "");
  assert_string_equal(read("\n\n").c_str(), "");
  assert_string_equal(read("max-streams=5").c_str(), "1 max-streams=5;");
  assert_string_equal(read("\n \t max-streams \t=  5 \r\n\nlog-level = warn\n").c_str(),
                      "2 max-streams=5;4 log-level=warn;");
  assert_string_equal(read("max-message-bytes = 64 KiB\n").c_str(), "1 max-message-bytes=64 KiB;");
}

void test_comments(void**) {
  assert_string_equal(read("# max-streams = 5\n  # x\n#max-streams = 6\n").c_str(), "");
  assert_string_equal(read("max-streams = 5 # enough\n").c_str(), "1 max-streams=5;");
  assert_string_equal(read("listen = unix:/run/a#b\t# here\n").c_str(), "1 listen=unix:/run/a#b;");
}

void test_a_value_keeps_its_equals_sign(void**) {
  assert_string_equal(read("listen = unix:a=b\n").c_str(), "1 listen=unix:a=b;");
}

void test_only_lists_may_be_repeated(void**) {
  assert_string_equal(read("listen = a\nlisten = b\n").c_str(), "1 listen=a;2 listen=b;");
  assert_string_equal(errors("max-streams = 1\n\nmax-streams = 2\n").c_str(),
                      "f:3: max-streams: set in line 1 already\n");
}

void test_all_errors_with_their_lines(void**) {
  const std::string nearest(mote::gateway::nearest_setting(""));
  assert_string_equal(errors("max-streams\n"
                             "max-streams = 5\n"
                             "max-stream = 5\n"
                             "\n"
                             "log-level =  # nothing\n"
                             "= 5\n"
                             "[section]")
                          .c_str(),
                      ("f:1: this is not \"key = value\"\n"
                       "f:3: unknown key \"max-stream\", the nearest is \"max-streams\"\n"
                       "f:5: log-level: the value is missing\n"
                       "f:6: unknown key \"\", the nearest is \"" +
                       nearest +
                       "\"\n"
                       "f:7: this is not \"key = value\"\n")
                          .c_str());
}

void test_files(void**) {
  char path[] = "/tmp/mote-config-XXXXXX";
  const int file = mkstemp(path);
  assert_true(file >= 0);
  assert_int_equal(write(file, "max-streams = 5\nx\n", 18), 18);
  close(file);
  const ConfigFile config = read_config_file(path);
  unlink(path);
  assert_int_equal(config.assignments.size(), 1);
  assert_int_equal(config.errors.size(), 1);
  assert_string_equal(config.errors[0].to_text().c_str(),
                      (std::string(path) + ":2: this is not \"key = value\"").c_str());
}

void test_files_that_cannot_be_read(void**) {
  const ConfigFile missing = read_config_file("/nonexistent/mote.conf");
  assert_int_equal(missing.errors.size(), 1);
  assert_string_equal(missing.errors[0].to_text().c_str(),
                      "/nonexistent/mote.conf: cannot be read: No such file or directory");
  const ConfigFile folder = read_config_file("/");
  assert_int_equal(folder.errors.size(), 1);
  assert_string_equal(folder.errors[0].to_text().c_str(), "/: cannot be read: it is not a regular file");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_comments),
      cmocka_unit_test(test_a_value_keeps_its_equals_sign),
      cmocka_unit_test(test_only_lists_may_be_repeated),
      cmocka_unit_test(test_all_errors_with_their_lines),
      cmocka_unit_test(test_files),
      cmocka_unit_test(test_files_that_cannot_be_read),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
