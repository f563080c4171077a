#include "gateway/service_manager.h"

#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/logged.h"
#include "support/notify_socket.h"

namespace {

using mote::gateway::ServiceManager;
using mote::test::logged;
using mote::test::NotifySocket;
using std::chrono::microseconds;

// environ with these variables.
class Variables {
 public:
  explicit Variables(std::vector<std::string> texts) : texts_(std::move(texts)) {
    for (const std::string& text : texts_)
      pointers_.push_back(text.c_str());
    pointers_.push_back(nullptr);
  }
  [[nodiscard]] const char* const* get() const { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<const char*> pointers_;
};

void assert_delivers(NotifySocket::Kind kind) {
  const NotifySocket socket(kind);
  const ServiceManager manager(Variables({"NOTIFY_SOCKET=" + socket.name()}).get());
  manager.notify("READY=1\nSTATUS=ready");
  manager.notify("WATCHDOG=1");
  assert_string_equal(socket.receive().c_str(), "READY=1\nSTATUS=ready");
  assert_string_equal(socket.receive().c_str(), "WATCHDOG=1");
  assert_string_equal(socket.receive().c_str(), "");
}

void test_a_socket_with_a_path(void**) {
  assert_delivers(NotifySocket::Kind::Path);
}

void test_an_abstract_socket(void**) {
  assert_delivers(NotifySocket::Kind::Abstract);
}

void test_no_listener(void**) {
  const std::string nothing = logged([] { ServiceManager(Variables({"PATH=/bin"}).get()).notify("READY=1"); });
  assert_string_equal(nothing.c_str(), "");
  for (const std::string& name :
       {std::string("/nonexistent/socket"), std::string("vsock:2:1"), std::string(200, '/')}) {
    const std::string line =
        logged([&] { ServiceManager(Variables({"NOTIFY_SOCKET=" + name}).get()).notify("READY=1"); });
    assert_true(line.starts_with("<4>level=warn event=no-service-manager notify_socket=" + name.substr(0, 10)));
  }
}

// One that stopped reading must not stop the gateway.
void test_a_full_socket_loses_messages_and_does_not_block(void**) {
  const NotifySocket socket(NotifySocket::Kind::Path);
  const ServiceManager manager(Variables({"NOTIFY_SOCKET=" + socket.name()}).get());
  ::alarm(20);
  for (int i = 0; i < 100'000; ++i)
    manager.notify("WATCHDOG=1");
  ::alarm(0);
  assert_string_equal(socket.receive().c_str(), "WATCHDOG=1");
}

microseconds watchdog(std::vector<std::string> variables) {
  const NotifySocket socket(NotifySocket::Kind::Path);
  variables.push_back("NOTIFY_SOCKET=" + socket.name());
  return ServiceManager(Variables(std::move(variables)).get()).watchdog();
}

void test_the_watchdog_of_this_process(void**) {
  const std::string self = std::to_string(::getpid());
  assert_true(watchdog({}) == microseconds(0));
  assert_true(watchdog({"WATCHDOG_USEC=20000000"}) == microseconds(20'000'000));
  assert_true(watchdog({"WATCHDOG_USEC=5000", "WATCHDOG_PID=" + self}) == microseconds(5000));
  assert_true(watchdog({"WATCHDOG_USEC=5000", "WATCHDOG_PID=1"}) == microseconds(0));
  assert_true(watchdog({"WATCHDOG_USEC=5000", "WATCHDOG_PID="}) == microseconds(0));
  assert_true(watchdog({"WATCHDOG_USEC=soon"}) == microseconds(0));
  assert_true(ServiceManager(Variables({"WATCHDOG_USEC=5000"}).get()).watchdog() == microseconds(0));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_socket_with_a_path),
      cmocka_unit_test(test_an_abstract_socket),
      cmocka_unit_test(test_no_listener),
      cmocka_unit_test(test_a_full_socket_loses_messages_and_does_not_block),
      cmocka_unit_test(test_the_watchdog_of_this_process),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
