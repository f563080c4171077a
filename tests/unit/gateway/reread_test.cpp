#include "gateway/reread.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "sizes.h"
#include "support/cmocka_test.h"
#include "support/logged.h"
#include "support/temporary_file.h"

namespace {

using mote::engine::LogLevel;
using mote::gateway::Reread;
using mote::gateway::reread_configuration;
using mote::test::logged;
using mote::test::TemporaryFile;

std::optional<Reread> reread(const TemporaryFile& file) {
  const std::array<const char*, 4> arguments = {"--config", file.path(), "--reset-budget", "77"};
  const char* const variables[] = {"MOTE_MAX_HEADER_FIELDS=33", nullptr};
  return reread_configuration({"mote-gateway", kSizes}, arguments, variables);
}

void test_all_sources_are_read_again(void**) {
  const TemporaryFile file("keepalive-ms = 1234\n");
  std::optional<Reread> read = reread(file);
  assert_true(read.has_value());
  assert_int_equal(read->limits.keepalive.count(), 1234);
  assert_int_equal(read->limits.reset_budget, 77);
  assert_int_equal(read->limits.max_header_fields, 33);
  assert_int_not_equal(read->limits.buffer_bytes, 0);
  assert_true(read->log_level == LogLevel::Info);

  file.rewrite("keepalive-ms = 99\nlog-level = debug\n");
  read = reread(file);
  assert_true(read.has_value());
  assert_int_equal(read->limits.keepalive.count(), 99);
  assert_true(read->log_level == LogLevel::Debug);
}

void test_errors_are_printed_and_nothing_is_read(void**) {
  const TemporaryFile file("keepalive-ms = 1234\nkeepalive = 1\nmax-streams = many\n");
  std::optional<Reread> read;
  const std::string lines = logged([&] { read = reread(file); });
  assert_false(read.has_value());
  assert_non_null(std::strstr(lines.c_str(), ":2: "));
  assert_non_null(std::strstr(lines.c_str(), ":3: "));
}

void test_no_process_is_left_over(void**) {
  const TemporaryFile file("");
  assert_true(reread(file).has_value());
  assert_int_equal(::waitpid(-1, nullptr, WNOHANG), -1);
  assert_int_equal(errno, ECHILD);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_all_sources_are_read_again),
      cmocka_unit_test(test_errors_are_printed_and_nothing_is_read),
      cmocka_unit_test(test_no_process_is_left_over),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
