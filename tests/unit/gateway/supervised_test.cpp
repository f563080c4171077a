#include "gateway/supervised.h"

#include <array>
#include <chrono>
#include <string>

#include "engine/log.h"
#include "sizes.h"
#include "support/cmocka_test.h"
#include "support/logged.h"
#include "support/notify_socket.h"
#include "support/temporary_file.h"

namespace {

using mote::engine::Reload;
using mote::gateway::Supervised;
using mote::test::logged;
using mote::test::NotifySocket;
using mote::test::TemporaryFile;

// A host with its service manager, its configuration file and a watchdog of 10 s.
struct Fixture {
  NotifySocket socket{NotifySocket::Kind::Path};
  TemporaryFile file{""};
  std::string notify = "NOTIFY_SOCKET=" + socket.name();
  std::array<const char*, 3> variables = {notify.c_str(), "WATCHDOG_USEC=10000000", nullptr};
  std::array<const char*, 2> arguments = {"--config", file.path()};
  Supervised host{{"mote-gateway", kSizes}, arguments, variables.data()};

  void expect_messages(const std::string& lines) const { assert_string_equal(socket.receive().c_str(), lines.c_str()); }
};

void test_the_life_of_a_service(void**) {
  Fixture fixture;
  assert_true(fixture.host.alive_interval() == std::chrono::seconds(5));
  fixture.host.report_ready("127.0.0.1:50051");
  fixture.expect_messages("READY=1\nSTATUS=ready on 127.0.0.1:50051");
  fixture.host.on_alive({.connections = 3, .calls = 2});
  fixture.expect_messages("WATCHDOG=1\nSTATUS=serving 3 connections, 2 calls");
  fixture.host.on_drain({.connections = 3, .calls = 1}, std::chrono::seconds(10));
  fixture.expect_messages("STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000\nSTATUS=finishing 3 connections, 1 calls");
  fixture.host.on_alive({.connections = 1, .calls = 1});
  fixture.expect_messages("WATCHDOG=1\nSTATUS=finishing 1 connections, 1 calls");
}

void test_reload(void**) {
  Fixture fixture;
  fixture.file.rewrite("idle-timeout-ms = 4321\nlog-level = warn\n");
  const std::optional<Reload> reload = fixture.host.on_reload({});
  assert_true(reload.has_value());
  assert_int_equal(reload->limits.idle_timeout.count(), 4321);
  assert_true(mote::engine::log_level() == mote::engine::LogLevel::Warn);
  mote::engine::set_log_level(mote::engine::LogLevel::Info);
  assert_true(fixture.socket.receive().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  fixture.expect_messages("READY=1");
}

void test_a_reload_that_fails_changes_nothing(void**) {
  Fixture fixture;
  fixture.file.rewrite("log-level = debug\nno-such-key = 1\n");
  std::optional<Reload> reload;
  const std::string lines = logged([&] { reload = fixture.host.on_reload({}); });
  assert_false(reload.has_value());
  assert_true(lines.find("no-such-key") != std::string::npos);
  assert_true(lines.find("event=reload-failed") != std::string::npos);
  assert_true(mote::engine::log_level() == mote::engine::LogLevel::Info);
  assert_true(fixture.socket.receive().starts_with("RELOADING=1\n"));
  fixture.expect_messages("READY=1");
}

void test_without_a_service_manager(void**) {
  const char* const variables[] = {nullptr};
  Supervised host({"mote-gateway", kSizes}, {}, variables);
  assert_true(host.alive_interval() == std::chrono::seconds(0));
  host.report_ready("127.0.0.1:50051");
  host.on_drain({.connections = 0, .calls = 0}, std::chrono::seconds(1));
  assert_true(host.on_reload({}).has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_life_of_a_service),
      cmocka_unit_test(test_reload),
      cmocka_unit_test(test_a_reload_that_fails_changes_nothing),
      cmocka_unit_test(test_without_a_service_manager),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
