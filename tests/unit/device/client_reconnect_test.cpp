// The client's connection: made, kept alive, lost, made again.
#include "device/client.h"
#include "support/cmocka_test.h"
#include "support/device.h"
#include "support/lines.h"

namespace {

using namespace mote::test;
using mote::http2::ErrorCode;

// What firmware may count on (DESIGN: at most 640 bytes on a 32-bit machine).
static_assert(sizeof(void*) != 4 || sizeof(mote::device::Client) <= 640);

mote_options with_keepalive() {
  mote_options options{};
  options.keepalive_ms = 2000;
  options.keepalive_timeout_ms = 500;
  return options;
}

void connecting_waits_for_the_servers_settings(void**) {
  Device device;
  assert_true(device.client.connect());
  assert_true(device.client.connected());
  expect(device.port.sent(), {"SETTINGS 1=0 2=0 4=256 6=4096", "WINDOW_UPDATE 0 +983041", "SETTINGS ack"});
  assert_true(device.client.connect());
  assert_int_equal(device.port.connects, 1);
}

void a_silent_peer_is_not_a_server(void**) {
  Device device;
  device.port.sends_settings = false;
  assert_false(device.client.connect());
  assert_int_equal(device.port.now_ms, 6000);
  assert_false(device.client.connected());
  assert_in_range(device.client.retry_in_ms(), 800, 1200);
}

void polling_answers_pings_and_settings(void**) {
  Device device;
  device.client.connect();
  device.client.poll();
  device.port.sent();
  device.port.sends(FrameScript().ping(7).settings({{4, 1000}}));
  assert_true(device.client.poll());
  expect(device.port.sent(), {"PING ack 7", "SETTINGS ack"});
  const std::uint32_t before_ms = device.port.now_ms;
  assert_true(device.client.poll(300));
  assert_int_equal(device.port.now_ms - before_ms, 300);
}

void polling_without_a_connection_does_nothing(void**) {
  Device device;
  assert_false(device.client.poll(100));
  assert_int_equal(device.port.connects, 0);
}

void pauses_grow_after_failed_attempts(void**) {
  Device device;
  device.port.refuses = true;
  std::uint32_t least_ms = 800;
  for (unsigned attempt = 1; attempt <= 8; ++attempt) {
    device.ask("x");
    assert_string_equal(device.outcome().c_str(), "UNAVAILABLE no connection");
    assert_int_equal(device.port.connects, attempt);
    const std::uint32_t pause_ms = device.client.retry_in_ms();
    assert_in_range(pause_ms, least_ms, 2 * least_ms);
    least_ms = least_ms * 8 / 5;
    // Meanwhile nothing is tried and no time passes.
    const std::uint32_t before_ms = device.port.now_ms;
    device.ask("x");
    assert_string_equal(device.outcome().c_str(), "UNAVAILABLE no connection");
    assert_int_equal(device.port.connects, attempt);
    assert_int_equal(device.port.now_ms, before_ms);
    device.port.now_ms += pause_ms;
  }
  device.port.refuses = false;
  device.port.answers(answer(1, "back"));
  assert_string_equal(device.ask("x").c_str(), "back");
  assert_int_equal(device.client.retry_in_ms(), 0);
}

void a_slow_refusal_ends_at_the_calls_deadline(void**) {
  Device device;
  device.port.refuses = true;
  device.port.refusal_ms = 60'000;
  device.ask("x", 400);
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED no connection");
  assert_int_equal(device.port.now_ms, 1400);
  device.port.now_ms += 10'000;
  device.ask("x", 20'000);
  assert_string_equal(device.outcome().c_str(), "UNAVAILABLE no connection");
  assert_int_equal(device.port.now_ms, 16'400);
}

void after_a_lost_connection_the_client_reconnects_at_once(void**) {
  Device device;
  device.client.connect();
  device.port.closes();
  device.port.answers(answer(1, "new"));
  device.ask("x");
  assert_string_equal(device.outcome().c_str(), "OK ");
  assert_int_equal(device.port.connects, 2);
}

void a_connection_lost_in_a_call(void**) {
  Device device;
  device.client.connect();
  device.client.poll();
  device.port.answers(FrameScript().headers(1, grpc_response()).data(1, prefixed("half").substr(0, 7)));
  mote_call call{};
  call.path = "/a.B/C";
  device.client.start(call);
  device.client.end_sending();
  device.port.closes();
  mote::Bytes message;
  assert_int_equal(device.client.receive(message), mote::device::Received::Over);
  assert_int_equal(device.client.status(), mote::StatusCode::Unavailable);
  assert_false(device.client.connected());
  assert_int_equal(device.client.retry_in_ms(), 0);
}

void bytes_that_the_server_does_not_read_end_the_connection(void**) {
  Device device;
  device.client.connect();
  device.client.poll();
  device.port.blocks_writes = true;
  device.ask("x", 600);
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
  assert_int_equal(device.port.now_ms, 1600);
  assert_false(device.client.connected());
  device.port.blocks_writes = false;
  device.port.answers(answer(1, "new"));
  assert_string_equal(device.ask("x").c_str(), "new");
}

void keepalive_pings_an_idle_server(void**) {
  Device device(with_keepalive());
  device.client.connect();
  device.client.poll();
  device.port.sent();
  device.client.poll(1999);
  expect(device.port.sent(), {});
  device.client.poll(1);
  expect(device.port.sent(), {"PING 0"});
  device.port.sends(FrameScript().ping(0, mote::http2::kAck));
  assert_true(device.client.poll(100));
  assert_true(device.client.poll(1000));
  expect(device.port.sent(), {});
}

// The silence of a connection begins with the connection.
void a_new_connection_is_not_pinged_at_once(void**) {
  mote_options options{};
  options.keepalive_ms = 1000;
  Device device(options);
  assert_true(device.client.connect());
  device.client.close();
  device.port.sent();
  device.port.now_ms += 60'000;
  device.port.sends_settings = false;
  device.port.sends_at(device.port.now_ms + 500, FrameScript().settings().settings_ack());
  assert_true(device.client.connect());
  for (const std::string& line : device.port.sent())
    assert_false(line.starts_with("PING"));
}

void keepalive_detects_a_dead_server(void**) {
  Device device(with_keepalive());
  device.client.connect();
  device.client.poll(2000);
  assert_true(device.client.poll(499));
  assert_false(device.client.poll(1));
  assert_int_equal(device.port.now_ms, 3500);
}

void keepalive_ends_a_call_before_its_deadline(void**) {
  Device device(with_keepalive());
  device.client.connect();
  device.client.poll();
  device.port.answers(FrameScript());
  device.ask("x", 60'000);
  assert_string_equal(device.outcome().c_str(), "UNAVAILABLE connection lost");
  assert_int_equal(device.port.now_ms, 1000 + 2000 + 500);
}

// Over a UART nothing else shows that the server was restarted.
void after_a_call_without_data_the_next_one_checks_the_connection(void**) {
  mote_options options{};
  options.keepalive_timeout_ms = 300;
  Device device(options);
  device.client.connect();
  device.client.poll();
  device.port.answers(FrameScript());
  device.ask("x", 500);
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
  device.port.sent();
  device.port.answers(FrameScript());
  device.ask("y", 5000);
  assert_string_equal(device.outcome().c_str(), "UNAVAILABLE connection lost");
  assert_int_equal(device.port.now_ms, 1500 + 300);
  device.port.answers(answer(1, "restarted"));
  assert_string_equal(device.ask("z").c_str(), "restarted");
  assert_int_equal(device.port.connects, 2);
}

void goaway_does_not_end_a_processed_stream(void**) {
  Device device;
  device.port.answers(FrameScript()
                          .goaway(1, ErrorCode::NoError)
                          .headers(1, grpc_response())
                          .data(1, prefixed("last"))
                          .headers(1, grpc_trailers(), kEndAll));
  assert_string_equal(device.ask("x").c_str(), "last");
  device.port.sent();
  device.port.answers(answer(1, "first of a new connection"));
  assert_string_equal(device.ask("y").c_str(), "first of a new connection");
  assert_int_equal(device.port.connects, 2);
  assert_true(device.port.sent()[0].starts_with("GOAWAY 0 NO_ERROR"));
}

void goaway_before_the_stream_is_processed(void**) {
  Device device;
  device.port.answers(FrameScript().goaway(0, ErrorCode::NoError));
  device.ask("x");
  assert_string_equal(device.outcome().c_str(), "UNAVAILABLE the server is going away");
  device.port.answers(answer(1, "new"));
  assert_string_equal(device.ask("y").c_str(), "new");
}

void closing_sends_goaway(void**) {
  Device device;
  device.client.close();
  assert_int_equal(device.port.disconnects, 0);
  device.client.connect();
  device.client.poll();
  mote_call call{};
  call.path = "/a.B/C";
  device.client.start(call);
  device.client.send(mote::as_bytes("x"));
  device.port.sent();
  device.client.close();
  assert_string_equal(device.outcome().c_str(), "CANCELLED closed");
  expect(device.port.sent(), {"RST_STREAM 1 CANCEL", "GOAWAY 0 NO_ERROR "});
  assert_false(device.client.connected());
  assert_int_equal(device.port.disconnects, 1);
  assert_int_equal(device.client.retry_in_ms(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(connecting_waits_for_the_servers_settings),
      cmocka_unit_test(a_silent_peer_is_not_a_server),
      cmocka_unit_test(polling_answers_pings_and_settings),
      cmocka_unit_test(polling_without_a_connection_does_nothing),
      cmocka_unit_test(pauses_grow_after_failed_attempts),
      cmocka_unit_test(a_slow_refusal_ends_at_the_calls_deadline),
      cmocka_unit_test(after_a_lost_connection_the_client_reconnects_at_once),
      cmocka_unit_test(a_connection_lost_in_a_call),
      cmocka_unit_test(bytes_that_the_server_does_not_read_end_the_connection),
      cmocka_unit_test(keepalive_pings_an_idle_server),
      cmocka_unit_test(a_new_connection_is_not_pinged_at_once),
      cmocka_unit_test(keepalive_detects_a_dead_server),
      cmocka_unit_test(keepalive_ends_a_call_before_its_deadline),
      cmocka_unit_test(after_a_call_without_data_the_next_one_checks_the_connection),
      cmocka_unit_test(goaway_does_not_end_a_processed_stream),
      cmocka_unit_test(goaway_before_the_stream_is_processed),
      cmocka_unit_test(closing_sends_goaway),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
