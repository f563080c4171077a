#include "services/health.h"

#include <array>

#include "grpc/health/v1/health.pb.h"
#include "mote/testing/method_call.h"
#include "services/echo.h"
#include "support/cmocka_test.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;

const std::array kServices = {services::echo(), services::health()};

// A call of Check or Watch in a server of its own, asking for one service.
struct HealthCall {
  HealthCall(const std::string& method, std::string_view service, bool shutting_down = false)
      : server{.services = rpc::ServiceTable(kServices), .shutting_down = shutting_down},
        watcher(*server.services.find_method("/grpc.health.v1.Health/" + method), server) {
    watcher.open();
    grpc_health_v1_HealthCheckRequest request{};
    request.service = codec::field_of(service);
    watcher.request(request);
  }

  void shut_down() {
    server.shutting_down = true;
    watcher.ready();
  }
  // "SERVING" and so on, one for each reply.
  [[nodiscard]] Lines replies() {
    static constexpr std::array kNames = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
    Lines lines;
    for (std::size_t i = 0; i < watcher.call.replies.size(); ++i)
      lines.emplace_back(
          kNames.at(static_cast<std::size_t>(watcher.call.reply<grpc_health_v1_HealthCheckResponse>(i).status)));
    return lines;
  }
  [[nodiscard]] const testing::FakeCall& call() const { return watcher.call; }

  rpc::Server server;
  testing::MethodCall watcher;
};

constexpr const char* kKnown[] = {"", "echo.Echo", "grpc.health.v1.Health"};

void test_the_table(void**) {
  const rpc::ServiceTable table(kServices);
  assert_true(table.find_method("/grpc.health.v1.Health/Check")->kind == rpc::Kind::Unary);
  assert_true(table.find_method("/grpc.health.v1.Health/Watch")->kind == rpc::Kind::ServerStreaming);
}

void test_check(void**) {
  for (const char* service : kKnown) {
    HealthCall check("Check", service);
    expect(check.replies(), {"SERVING"});
    assert_true(check.call().status == rpc::StatusCode::Ok);
  }
}

void test_check_of_an_unknown_service(void**) {
  for (const char* service : {"echo.Ech", "echo.Echo2", "echo.echo", "x"}) {
    for (const bool shutting_down : {false, true}) {
      HealthCall check("Check", service, shutting_down);
      expect(check.replies(), {});
      assert_true(check.call().status == rpc::StatusCode::NotFound);
      assert_true(check.call().status_message == std::string("unknown service ") + service);
    }
  }
}

void test_check_while_shutting_down(void**) {
  HealthCall check("Check", "echo.Echo", true);
  expect(check.replies(), {"NOT_SERVING"});
  assert_true(check.call().status == rpc::StatusCode::Ok);
}

void test_watch_reports_changes(void**) {
  for (const char* service : kKnown) {
    HealthCall watch("Watch", service);
    expect(watch.replies(), {"SERVING"});
    watch.watcher.ready();
    expect(watch.replies(), {"SERVING"});
    assert_false(watch.call().finished());
    watch.shut_down();
    expect(watch.replies(), {"SERVING", "NOT_SERVING"});
    assert_true(watch.call().status == rpc::StatusCode::Unavailable);
  }
}

void test_watch_of_an_unknown_service_waits(void**) {
  HealthCall watch("Watch", "echo.Nobody");
  expect(watch.replies(), {"SERVICE_UNKNOWN"});
  assert_false(watch.call().finished());
  watch.shut_down();
  expect(watch.replies(), {"SERVICE_UNKNOWN"});
  assert_true(watch.call().status == rpc::StatusCode::Unavailable);
}

void test_watch_while_shutting_down(void**) {
  HealthCall watch("Watch", "", true);
  expect(watch.replies(), {"NOT_SERVING"});
  assert_true(watch.call().status == rpc::StatusCode::Unavailable);
}

void test_watch_without_room_to_send(void**) {
  HealthCall watch("Watch", "");
  watch.watcher.call.memory = 0;
  watch.shut_down();
  expect(watch.replies(), {"SERVING"});
  assert_true(watch.call().status == rpc::StatusCode::ResourceExhausted);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_table),
      cmocka_unit_test(test_check),
      cmocka_unit_test(test_check_of_an_unknown_service),
      cmocka_unit_test(test_check_while_shutting_down),
      cmocka_unit_test(test_watch_reports_changes),
      cmocka_unit_test(test_watch_of_an_unknown_service_waits),
      cmocka_unit_test(test_watch_while_shutting_down),
      cmocka_unit_test(test_watch_without_room_to_send),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
