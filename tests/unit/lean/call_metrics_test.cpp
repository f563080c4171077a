#include "engine/lean/monitor/call_metrics.h"

#include <array>
#include <string>
#include <vector>

#include "services/echo.h"
#include "services/health.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using lean::CallMetrics;
using lean::MethodMetrics;
using lean::Time;
using rpc::StatusCode;

constexpr Time kStart = std::chrono::hours(1);

struct Metrics {
  explicit Metrics(std::size_t rows) : memory(rows) {}

  std::array<rpc::Service, 2> services = {services::echo(), services::health()};
  rpc::ServiceTable table{services};
  std::vector<MethodMetrics> memory;
  CallMetrics calls{table, memory};

  [[nodiscard]] const rpc::Method* method(std::string_view path) const { return table.find_method(path); }
  [[nodiscard]] const MethodMetrics& row(const rpc::Method* method) const {
    for (const MethodMetrics& one : calls.rows()) {
      if (one.method == method) return one;
    }
    return calls.rows().back();
  }
};

void test_each_method_has_a_row(void**) {
  Metrics all(33);
  std::size_t methods = 0;
  for (const rpc::Service& service : all.services)
    methods += service.methods.size();
  assert_int_equal(all.calls.rows().size(), methods + 1);
  const rpc::Method* reply = all.method("/echo.Echo/Reply");
  assert_true(all.calls.note_start(reply));
  assert_int_equal(all.row(reply).started, 1);
  assert_true(all.row(reply).service->name == "echo.Echo");
  assert_true(all.calls.note_start(nullptr));
  assert_int_equal(all.calls.rows().back().started, 1);
}

void test_methods_without_a_row_share_one(void**) {
  Metrics all(2);
  assert_int_equal(all.calls.rows().size(), 2);
  assert_true(all.calls.note_start(all.services[0].methods.data()));
  const rpc::Method* check = all.method("/grpc.health.v1.Health/Check");
  assert_false(all.calls.note_start(check));
  all.calls.note_end(check, StatusCode::Ok, kStart, kStart + Time(1));
  assert_int_equal(all.calls.rows().back().started, 1);
  assert_int_equal(all.calls.rows().back().ended[0], 1);
}

void test_codes(void**) {
  Metrics all(33);
  const rpc::Method* reply = all.method("/echo.Echo/Reply");
  for (unsigned code = 0; code < lean::kStatusCodes + 3; ++code)
    all.calls.note_end(reply, static_cast<StatusCode>(code), kStart, kStart + Time(1));
  for (std::size_t code = 0; code < lean::kStatusCodes; ++code)
    assert_int_equal(all.row(reply).ended[code], code == lean::kStatusCodes - 1 ? 4 : 1);
}

void test_times_fall_into_buckets(void**) {
  Metrics all(33);
  const rpc::Method* reply = all.method("/echo.Echo/Reply");
  for (const Time bound : lean::kLatencyBounds) {
    all.calls.note_end(reply, StatusCode::Ok, kStart, kStart + bound);
    all.calls.note_end(reply, StatusCode::Ok, kStart, kStart + bound + Time(1));
  }
  const MethodMetrics& row = all.row(reply);
  assert_int_equal(row.within[0], 1);
  for (std::size_t i = 1; i < lean::kLatencyBounds.size(); ++i)
    assert_int_equal(row.within[i], 2);
  assert_int_equal(row.within.back(), 1);
  assert_int_equal(row.count(), 2 * lean::kLatencyBounds.size());
}

void test_calls_within_a_turn_get_its_time(void**) {
  Metrics all(33);
  const rpc::Method* reply = all.method("/echo.Echo/Reply");
  const rpc::Method* check = all.method("/grpc.health.v1.Health/Check");
  for (int i = 0; i < 3; ++i)
    all.calls.note_end(reply, StatusCode::Ok, kStart, kStart);
  all.calls.note_end(check, StatusCode::Ok, kStart, kStart);
  assert_int_equal(all.row(reply).count(), 0);
  all.calls.end_turn(Time(200));
  assert_int_equal(all.row(reply).within[1], 3);
  assert_int_equal(all.row(reply).total_us, 600);
  assert_int_equal(all.row(check).within[1], 1);
  // Once.
  all.calls.end_turn(Time(200));
  assert_int_equal(all.row(reply).count(), 3);
  // So do those of the next turn.
  all.calls.note_end(reply, StatusCode::Ok, kStart, kStart);
  all.calls.end_turn(Time(200));
  assert_int_equal(all.row(reply).count(), 4);
}

// A method with a longer path has no row of its own.
void test_the_longest_path(void**) {
  for (const std::size_t size : {CallMetrics::kMostPathBytes, CallMetrics::kMostPathBytes + 1}) {
    const std::string path = "/s/" + std::string(size - 3, 'm');
    rpc::Method method{};
    method.path = path;
    const std::array services = {rpc::Service{.name = "s", .methods = {&method, 1}}};
    std::array<MethodMetrics, 2> memory;
    const CallMetrics calls(rpc::ServiceTable(services), memory);
    assert_int_equal(calls.rows().size(), size == CallMetrics::kMostPathBytes ? 2 : 1);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_each_method_has_a_row),
      cmocka_unit_test(test_methods_without_a_row_share_one),
      cmocka_unit_test(test_codes),
      cmocka_unit_test(test_times_fall_into_buckets),
      cmocka_unit_test(test_calls_within_a_turn_get_its_time),
      cmocka_unit_test(test_the_longest_path),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
