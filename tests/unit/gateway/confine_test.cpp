#include "gateway/confine.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "support/cmocka_test.h"
#include "support/temporary_file.h"

namespace {

using mote::engine::Address;
using mote::engine::parse_address;
using mote::gateway::sandbox_rules;
using mote::gateway::sandbox_text;
using mote::rpc::Service;
using mote::rpc::ServiceTable;
using mote::sandbox::Rules;
using mote::test::TemporaryFile;
using Paths = std::vector<std::string>;

const ServiceTable kNoServices{{}};

// The rules of a gateway that reads this file again.
Rules rules_of_file(const std::string& path) {
  return sandbox_rules({&path, 1}, {}, kNoServices);
}

void test_a_gateway_without_files_needs_nothing(void**) {
  const std::array addresses = {*parse_address("127.0.0.1:0").address};
  const Rules rules = sandbox_rules({}, addresses, kNoServices);
  assert_true(rules.system_calls.empty());
  assert_true(rules.files.readable.empty());
  assert_true(rules.files.writable.empty());
  assert_true(rules.files.removable.empty());
}

void test_the_folder_of_the_configuration_is_readable(void**) {
  const TemporaryFile file("");
  assert_true((rules_of_file(file.path()).files.readable == Paths{"/tmp/", "/tmp/"}));
  // A file that is gone may come back.
  assert_true((rules_of_file("/nonexistent/gateway.conf").files.readable == Paths{"/nonexistent/"}));
  assert_true((rules_of_file("/gateway.conf").files.readable == Paths{"/"}));
}

void test_a_relative_configuration_is_in_the_working_directory(void**) {
  assert_true((rules_of_file("no-such.conf").files.readable == Paths{"."}));
}

void test_the_target_of_a_link_is_readable(void**) {
  const TemporaryFile file("");
  std::string folder = "/tmp/mote-links-XXXXXX";
  assert_non_null(::mkdtemp(folder.data()));
  const std::string link = folder + "/gateway.conf";
  assert_int_equal(::symlink(file.path(), link.c_str()), 0);
  const Rules rules = rules_of_file(link);
  ::unlink(link.c_str());
  ::rmdir(folder.c_str());
  assert_true((rules.files.readable == Paths{folder + "/", "/tmp/"}));
}

void test_unix_sockets_can_be_removed(void**) {
  const std::array addresses = {*parse_address("unix:/run/mote/a.sock").address, *parse_address("[::1]:0").address,
                                *parse_address("unix:b.sock").address};
  assert_true((sandbox_rules({}, addresses, kNoServices).files.removable == Paths{"/run/mote/", "."}));
  const auto http = *parse_address("unix:/run/http/c.sock").address;
  assert_true((sandbox_rules({}, {}, kNoServices, &http).files.removable == Paths{"/run/http/"}));
}

void test_services_declare_what_they_need(void**) {
  static constexpr long kCalls[] = {SYS_openat, SYS_dup};
  static constexpr const char* kRead[] = {"/etc/readings"};
  static constexpr const char* kWrite[] = {"/var/lib/readings"};
  const std::array services = {Service{"a.A", {}, {.system_calls = kCalls, .readable = kRead}},
                               Service{"b.B", {}, {.writable = kWrite}}, Service{"c.C", {}}};
  const Rules rules = sandbox_rules({}, {}, ServiceTable(services));
  assert_true((rules.system_calls == std::vector<long>{SYS_openat, SYS_dup}));
  assert_true(rules.files.readable == Paths{"/etc/readings"});
  assert_true(rules.files.writable == Paths{"/var/lib/readings"});
}

void assert_text(const mote::sandbox::Entered& entered, const char* text) {
  assert_string_equal(std::string(sandbox_text(entered).view()).c_str(), text);
}

void test_the_line_says_what_the_kernel_could_do(void**) {
  assert_text({.system_calls_error = 0, .files = {.landlock_version = 3}},
              "sandbox: system calls are filtered, files are restricted (Landlock 3)");
  assert_text({.system_calls_error = EINVAL, .files = {.error = ENOSYS}},
              "sandbox: system calls are not filtered (Invalid argument), files are not restricted (Function not "
              "implemented)");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_gateway_without_files_needs_nothing),
      cmocka_unit_test(test_the_folder_of_the_configuration_is_readable),
      cmocka_unit_test(test_a_relative_configuration_is_in_the_working_directory),
      cmocka_unit_test(test_the_target_of_a_link_is_readable),
      cmocka_unit_test(test_unix_sockets_can_be_removed),
      cmocka_unit_test(test_services_declare_what_they_need),
      cmocka_unit_test(test_the_line_says_what_the_kernel_could_do),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
