// plant.v1.Telemetry without a network: its calls as devices make them, in C and in C++, on a clock that only the test moves.
#include "telemetry.h"

#include <chrono>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "mote/testing/channel.h"
#include "mote/testing/client_memory.h"
#include "mote/testing/server.h"
#include "telemetry.client.h"

extern "C" {
#include <cmocka.h>  // After all others: its macro fail() breaks functions of that name.
}

namespace {

using namespace std::chrono_literals;
using plant::v1::TelemetryClient;

constexpr mote_options kOptions{};

// A device with its link to the gateway.
struct Device {
  explicit Device(mote::testing::Server& server) : channel(server) {
    mote_client_init(&client, &channel.port(), &kOptions, &memory.spans());
  }

  [[nodiscard]] std::string status_text() { return mote_call_status_text(&client); }

  mote::testing::Channel channel;
  mote::testing::ClientMemory memory;
  mote_client client{};
};

// A gateway for at most three devices, and a device with the stubs of both languages.
struct Gateway {
  plant::Plant plant;
  plant::Telemetry telemetry{plant};
  mote::testing::Server server{{{"max-devices", "3"}}, telemetry};
  Device device{server};
  TelemetryClient stub{&device.client};

  void add_device(const char* name) { assert_non_null(plant.add(mote_bytes_of(name, std::strlen(name)), 3)); }
};

std::string text(const mote_bytes& bytes) {
  std::string copy(mote_bytes_size(&bytes), '\0');
  mote_bytes_copy(&bytes, copy.data(), copy.size());
  return copy;
}

mote_call within(std::uint32_t timeout_ms) {
  mote_call options{};
  options.timeout_ms = timeout_ms;
  return options;
}

plant_v1_ConfigureRequest request_of(const char* device, std::uint32_t interval_ms) {
  plant_v1_ConfigureRequest request{};
  request.device = mote_bytes_of(device, std::strlen(device));
  request.has_interval_ms = true;
  request.interval_ms = interval_ms;
  return request;
}

plant_v1_Reading number(double value) {
  plant_v1_Reading reading{};
  reading.quantity = plant_v1_Quantity_TEMPERATURE;
  reading.which_value = plant_v1_Reading_number_tag;
  reading.value.number = value;
  return reading;
}

plant_v1_ControlRequest forget(const char* device) {
  plant_v1_ControlRequest request{};
  request.which_command = plant_v1_ControlRequest_forget_tag;
  request.command.forget = mote_bytes_of(device, std::strlen(device));
  return request;
}

// --- Every method ---

void test_configure_in_c(void**) {
  Gateway gateway;
  mote_client* const client = &gateway.device.client;
  plant_v1_ConfigureReply reply{};
  plant_v1_ConfigureRequest request = request_of("a", 250);
  assert_int_equal(plant_v1_Telemetry_Configure(client, nullptr, &request, &reply), MOTE_OK);
  assert_int_equal(reply.interval_ms, 250);
  mote_bytes name{};
  assert_true(mote_list_take(&reply.devices, &name));
  assert_string_equal(text(name).c_str(), "a");
  request = request_of("", 1);
  assert_int_equal(plant_v1_Telemetry_Configure(client, nullptr, &request, &reply), MOTE_INVALID_ARGUMENT);
  assert_string_equal(gateway.device.status_text().c_str(), "a device needs a name");
}

void test_configure_in_cpp(void**) {
  Gateway gateway;
  plant::v1::ConfigureReply reply{};
  for (const char* const name : {"a", "b", "c"})
    assert_int_equal(gateway.stub.Configure(request_of(name, 100), reply), MOTE_OK);
  assert_int_equal(gateway.plant.devices().size(), 3);
  assert_int_equal(gateway.stub.Configure(request_of("d", 100), reply), MOTE_RESOURCE_EXHAUSTED);
  assert_string_equal(gateway.device.status_text().c_str(), "no room for device d");
}

void test_report_in_c(void**) {
  Gateway gateway;
  gateway.add_device("a");
  const plant_v1_Reading readings[] = {number(1.5), number(2.5)};
  plant_v1_ReportRequest batch{};
  batch.device = MOTE_TEXT("a");
  batch.readings = mote_list_of(readings, 2, plant_v1_Reading_fields);
  const plant_v1_Telemetry_Report_call call = plant_v1_Telemetry_Report(&gateway.device.client, nullptr);
  assert_true(plant_v1_Telemetry_Report_send(call, &batch));
  assert_int_equal(gateway.plant.end(), 2);  // The gateway has handled the first batch before the second is sent.
  assert_true(plant_v1_Telemetry_Report_send(call, &batch));
  plant_v1_ReportSummary summary{};
  assert_int_equal(plant_v1_Telemetry_Report_finish(call, &summary), MOTE_OK);
  assert_int_equal(summary.readings, 4);
}

void test_report_in_cpp(void**) {
  Gateway gateway;
  plant::v1::ReportRequest batch{};
  batch.device = MOTE_TEXT("x");
  TelemetryClient::ReportCall call = gateway.stub.Report();
  call.send(batch);
  plant::v1::ReportSummary summary{};
  assert_int_equal(call.finish(summary), MOTE_NOT_FOUND);
  assert_string_equal(gateway.device.status_text().c_str(), "no device x");
}

void test_watch_in_c(void**) {
  Gateway gateway;
  plant_v1_WatchRequest request{};
  request.device = MOTE_TEXT("b");
  const plant_v1_Telemetry_Watch_call call = plant_v1_Telemetry_Watch(&gateway.device.client, nullptr, &request);
  plant_v1_WatchReply reply{};
  assert_int_equal(plant_v1_Telemetry_Watch_receive(call, &reply, 100), MOTE_NOTHING);
  gateway.plant.add(MOTE_TEXT("a"), number(1));
  gateway.plant.add(MOTE_TEXT("b"), number(2));
  assert_int_equal(plant_v1_Telemetry_Watch_receive(call, &reply, 0), MOTE_MESSAGE);
  assert_string_equal(text(reply.device).c_str(), "b");
  assert_true(reply.reading.value.number == 2);
  assert_int_equal(plant_v1_Telemetry_Watch_receive(call, &reply, 0), MOTE_NOTHING);
  assert_int_equal(plant_v1_Telemetry_Watch_status(call), MOTE_OK);
  assert_int_equal(gateway.server.open_calls(), 1);
}

// While the device waits, other devices report.
void test_watch_in_cpp(void**) {
  Gateway gateway;
  TelemetryClient::WatchCall call = gateway.stub.Watch({});
  for (int i = 1; i <= 3; ++i)
    gateway.server.after(i * 400ms, [&gateway, i] { gateway.plant.add(MOTE_TEXT("a"), number(i)); });
  const mote::rpc::Time start = gateway.server.now();
  for (int i = 1; i <= 3; ++i) {
    plant::v1::WatchReply reply{};
    assert_int_equal(call.receive(reply), MOTE_MESSAGE);
    assert_true(reply.reading.value.number == i);
    assert_true(gateway.server.now() == start + i * 400ms);
  }
}

void test_control_in_c(void**) {
  Gateway gateway;
  gateway.add_device("a");
  const plant_v1_Telemetry_Control_call call = plant_v1_Telemetry_Control(&gateway.device.client, nullptr);
  for (const bool found : {true, false}) {
    const plant_v1_ControlRequest request = forget("a");
    plant_v1_ControlReply reply{};
    assert_true(plant_v1_Telemetry_Control_send(call, &request));
    assert_int_equal(plant_v1_Telemetry_Control_receive(call, &reply, MOTE_TO_DEADLINE), MOTE_MESSAGE);
    assert_int_equal(reply.done, found);
    assert_string_equal(text(reply.reason.value).c_str(), found ? "" : "no such device");
  }
  assert_true(plant_v1_Telemetry_Control_end_sending(call));
  plant_v1_ControlReply more{};
  assert_int_equal(plant_v1_Telemetry_Control_receive(call, &more, MOTE_TO_DEADLINE), MOTE_OVER);
  assert_int_equal(plant_v1_Telemetry_Control_status(call), MOTE_OK);
}

void test_control_in_cpp(void**) {
  Gateway gateway;
  TelemetryClient::ControlCall call = gateway.stub.Control();
  plant::v1::ControlRequest ping{};
  ping.which_command = plant_v1_ControlRequest_ping_tag;
  for (int i = 0; i < 2; ++i) {
    plant::v1::ControlReply reply{};
    assert_true(call.send(i == 0 ? ping : plant::v1::ControlRequest{}));
    assert_int_equal(call.receive(reply), MOTE_MESSAGE);
    assert_int_equal(reply.done, i == 0);
  }
  assert_true(call.end_sending());
  plant::v1::ControlReply more{};
  assert_int_equal(call.receive(more), MOTE_OVER);
  assert_int_equal(call.status(), MOTE_OK);
}

// --- Time ---

// An hour of a watch takes no time.
void test_a_deadline_ends_a_watch(void**) {
  Gateway gateway;
  const mote_call hour = within(3'600'000);
  const mote::rpc::Time start = gateway.server.now();
  TelemetryClient::WatchCall call = gateway.stub.Watch({}, &hour);
  plant::v1::WatchReply reply{};
  assert_int_equal(call.receive(reply), MOTE_OVER);
  assert_int_equal(call.status(), MOTE_DEADLINE_EXCEEDED);
  assert_true(gateway.server.now() == start + 1h);
  gateway.server.settle();
  assert_int_equal(gateway.server.open_calls(), 0);
}

// The gateway ends a call at its deadline even if the device is silent.
void test_the_gateway_keeps_the_deadline(void**) {
  Gateway gateway;
  const mote_call second = within(1000);
  const TelemetryClient::WatchCall call = gateway.stub.Watch({}, &second);
  gateway.server.advance(999ms);
  assert_int_equal(gateway.server.open_calls(), 1);
  gateway.server.advance(1ms);
  assert_int_equal(gateway.server.open_calls(), 0);
  assert_int_equal(call.status(), MOTE_OK);  // The device has not read the status yet.
}

void test_the_simulated_device(void**) {
  plant::Plant plant;
  plant::Telemetry telemetry(plant);
  mote::testing::Server server({{"simulate-ms", "250"}}, telemetry);
  assert_int_equal(plant.end(), 1);
  server.advance(1s);
  assert_int_equal(plant.end(), 5);
}

// --- The end of calls and links ---

void test_a_cancelled_watch(void**) {
  Gateway gateway;
  const plant_v1_WatchRequest request{};
  const plant_v1_Telemetry_Watch_call call = plant_v1_Telemetry_Watch(&gateway.device.client, nullptr, &request);
  assert_true(gateway.plant.changed.awaited());
  assert_int_equal(plant_v1_Telemetry_Watch_cancel(call), MOTE_CANCELLED);
  assert_false(gateway.plant.changed.awaited());
  assert_int_equal(gateway.server.open_calls(), 0);
  TelemetryClient::ControlCall control = gateway.stub.Control();
  assert_true(control.send({}));
  assert_int_equal(control.cancel(), MOTE_CANCELLED);
}

void test_a_broken_link(void**) {
  Gateway gateway;
  TelemetryClient::WatchCall call = gateway.stub.Watch({});
  gateway.server.after(100ms, [&gateway] { gateway.device.channel.break_link(); });
  plant::v1::WatchReply watched{};
  assert_int_equal(call.receive(watched), MOTE_OVER);
  assert_int_equal(call.status(), MOTE_UNAVAILABLE);
  assert_false(gateway.plant.changed.awaited());
  assert_int_equal(gateway.server.connections(), 0);
  // The device connects again after its pause.
  gateway.server.advance(std::chrono::milliseconds(mote_client_retry_in_ms(&gateway.device.client)));
  plant::v1::ConfigureReply reply{};
  assert_int_equal(gateway.stub.Configure(request_of("a", 1), reply), MOTE_OK);
}

void test_a_stalled_link(void**) {
  Gateway gateway;
  const mote_call second = within(1000);
  gateway.device.channel.limit_bytes(0);
  plant::v1::ConfigureReply reply{};
  assert_int_equal(gateway.stub.Configure(request_of("a", 1), reply, &second), MOTE_DEADLINE_EXCEEDED);
  assert_null(gateway.plant.find(MOTE_TEXT("a")));
}

// A slow link delays a call and changes nothing else.
void test_a_slow_link(void**) {
  Gateway gateway;
  gateway.add_device("a");
  gateway.device.channel.limit_bytes(1);
  const mote::rpc::Time start = gateway.server.now();
  const std::vector<plant_v1_Reading> readings(3, number(1));
  plant::v1::ReportRequest batch{};
  batch.device = MOTE_TEXT("a");
  batch.readings = mote_list_of(readings.data(), readings.size(), plant_v1_Reading_fields);
  TelemetryClient::ReportCall call = gateway.stub.Report();
  assert_true(call.send(batch));
  plant::v1::ReportSummary summary{};
  assert_int_equal(call.finish(summary), MOTE_OK);
  assert_int_equal(summary.readings, 3);
  assert_true(gateway.server.now() > start + 100ms);
}

void test_a_shutdown_ends_watches(void**) {
  Gateway gateway;
  TelemetryClient::WatchCall call = gateway.stub.Watch({});
  gateway.server.shut_down();
  plant::v1::WatchReply reply{};
  assert_int_equal(call.receive(reply), MOTE_OVER);
  assert_int_equal(call.status(), MOTE_UNAVAILABLE);
  assert_string_equal(gateway.device.status_text().c_str(), "the server shuts down");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_configure_in_c),
      cmocka_unit_test(test_configure_in_cpp),
      cmocka_unit_test(test_report_in_c),
      cmocka_unit_test(test_report_in_cpp),
      cmocka_unit_test(test_watch_in_c),
      cmocka_unit_test(test_watch_in_cpp),
      cmocka_unit_test(test_control_in_c),
      cmocka_unit_test(test_control_in_cpp),
      cmocka_unit_test(test_a_deadline_ends_a_watch),
      cmocka_unit_test(test_the_gateway_keeps_the_deadline),
      cmocka_unit_test(test_the_simulated_device),
      cmocka_unit_test(test_a_cancelled_watch),
      cmocka_unit_test(test_a_broken_link),
      cmocka_unit_test(test_a_stalled_link),
      cmocka_unit_test(test_a_slow_link),
      cmocka_unit_test(test_a_shutdown_ends_watches),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
