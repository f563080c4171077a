// SETTINGS both ways (RFC 9113 6.5) and the end of a connection with GOAWAY (6.8).
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ConnectionLimits;
using mote::http2::ErrorCode;
using mote::http2::FrameType;

constexpr std::uint16_t kHeaderTable = 1;
constexpr std::uint16_t kEnablePush = 2;
constexpr std::uint16_t kInitialWindow = 4;
constexpr std::uint16_t kFrameSize = 5;

Lines answer(const FrameScript& script) {
  ReadyServer server;
  server.feed(script);
  return server.sent();
}

void test_what_a_server_announces(void**) {
  ServerEnd server(
      ConnectionLimits{.streams = 7, .stream_window_bytes = 2000, .header_bytes = 900, .header_table_bytes = 256});
  server.start();
  expect(server.sent(), {"SETTINGS 3=7 1=256 6=900 4=2000"});
}

void test_each_is_acknowledged_once_at_its_end(void**) {
  ReadyServer server;
  const Octets frame = FrameScript().settings({{kFrameSize, 16384}, {0x99, 1}, {kInitialWindow, 1}}).bytes();
  server.feed(Octets(frame.begin(), frame.end() - 1));
  expect(server.sent(), {});
  server.feed({frame.back()});
  expect(server.sent(), {"SETTINGS ack"});
  server.feed(FrameScript().settings().settings_ack().settings());
  expect(server.sent(), {"SETTINGS ack", "SETTINGS ack"});
}

void test_values_at_the_ends_of_their_ranges(void**) {
  for (const auto& [id, value] :
       std::initializer_list<std::pair<std::uint16_t, std::uint32_t>>{{kEnablePush, 0},
                                                                      {kEnablePush, 1},
                                                                      {kInitialWindow, 0},
                                                                      {kInitialWindow, 0x7fffffff},
                                                                      {kFrameSize, 16384},
                                                                      {kFrameSize, 16777215},
                                                                      {3, 0xffffffff},
                                                                      {kHeaderTable, 0xffffffff},
                                                                      {6, 0},
                                                                      {0, 1},
                                                                      {8, 1},
                                                                      {0xffff, 0xffffffff}}) {
    expect(answer(FrameScript().settings({{id, value}})), {"SETTINGS ack"});
  }
}

// Each changes what it names, and nothing else.
void test_settings_do_not_change_each_other(void**) {
  for (const std::uint16_t id : {kEnablePush, kFrameSize, kHeaderTable, std::uint16_t{3}, std::uint16_t{6}}) {
    ReadyServer server;
    server.open(1);
    const std::size_t before = server.connection.sendable_bytes(server.stream(1));
    server.feed(FrameScript().settings({{id, id == kFrameSize ? 16384U : 0U}}));
    expect(server.sent(), {"SETTINGS ack"});
    assert_int_equal(server.connection.sendable_bytes(server.stream(1)), before);
  }
}

void test_values_outside_their_ranges(void**) {
  const std::string protocol = "GOAWAY 0 PROTOCOL_ERROR ";
  expect(answer(FrameScript().settings({{kEnablePush, 2}})), {protocol + "SETTINGS_ENABLE_PUSH"});
  expect(answer(FrameScript().settings({{kFrameSize, 16383}})), {protocol + "SETTINGS_MAX_FRAME_SIZE"});
  expect(answer(FrameScript().settings({{kFrameSize, 16777216}})), {protocol + "SETTINGS_MAX_FRAME_SIZE"});
  expect(answer(FrameScript().settings({{kInitialWindow, 0x80000000}, {kInitialWindow, 1}})),
         {"GOAWAY 0 FLOW_CONTROL_ERROR SETTINGS_INITIAL_WINDOW_SIZE"});
}

// A frame of 2,730 settings: only the last value is applied, so that it costs no more than one.
void test_many_in_one_frame(void**) {
  ReadyServer server;
  server.open(1);
  Octets payload;
  for (std::uint32_t i = 0; i < 2730; ++i) {
    put(payload, kInitialWindow, 2);
    put(payload, i % 2 == 0 ? 0x7fffffff : i, 4);
  }
  server.feed(FrameScript().window_update(1, 1).frame(FrameType::Settings, 0, 0, payload));
  expect(server.sent(), {"SETTINGS ack"});
  assert_int_equal(server.stream(1).send_window.bytes(), 2730);
}

void test_a_smaller_table_of_the_peer_has_no_effect(void**) {
  ReadyServer server;
  server.feed(FrameScript().settings({{kHeaderTable, 0}}).headers(1, request(), kEndAll));
  server.sent();
  assert_true(server.send_headers(1, Block().literal("a", "b"), true));
  const Octets output = server.output();
  assert_int_equal(output[9], 0x20);
}

// --- GOAWAY ---

void test_a_graceful_end(void**) {
  ReadyServer server;
  server.open(1);
  server.connection.announce_goaway("shutting down", server.out);
  assert_false(server.connection.goaway_sent());
  server.open(3);
  server.connection.goaway(ErrorCode::NoError, "bye", server.out);
  assert_true(server.connection.goaway_sent());
  expect(server.sent(), {"GOAWAY 3 NO_ERROR bye"});
  server.feed(FrameScript().data(3, "still"));
  expect(server.received(), {"data 3 still"});
  server.feed(FrameScript().headers(5, request().remembered("kept", "yes")).data(5, "dropped").window_update(5, 1));
  server.feed(FrameScript().headers(5, Block(), kEndAll).rst_stream(5, ErrorCode::Cancel));
  expect(server.received(), {});
  expect(server.sent(), {});
  server.feed(FrameScript().headers(3, Block().indexed(62), kEndAll));
  expect(server.received("field 3"), {"field 3 kept: yes"});
  assert_true(server.send_headers(1, response(), true));
  assert_true(server.send_headers(3, response(), true));
  server.sent();
  server.feed(FrameScript().data(3, "x"));
  expect(server.sent(), {"RST_STREAM 3 STREAM_CLOSED"});
}

void test_an_announced_end(void**) {
  ReadyServer server;
  server.connection.announce_goaway("shutting down", server.out);
  expect(server.sent(), {"GOAWAY 2147483647 NO_ERROR shutting down"});
  server.connection.goaway(ErrorCode::NoError, "bye", server.out);
  server.connection.announce_goaway("shutting down", server.out);
  expect(server.sent(), {"GOAWAY 0 NO_ERROR bye"});
}

// RFC 9113 6.8: the last stream of a later GOAWAY must not be higher.
void test_a_failure_after_goaway(void**) {
  ReadyServer server;
  server.open(1);
  server.connection.goaway(ErrorCode::NoError, "bye", server.out);
  server.sent();
  server.feed(FrameScript().headers(7, request(), kEndAll).priority(0));
  expect(server.sent(), {"GOAWAY 1 PROTOCOL_ERROR frame on a wrong stream"});
  server.connection.fail(ErrorCode::InternalError, "again", server.out);
  expect(server.sent(), {});
  expect(server.received("error"), {"error PROTOCOL_ERROR frame on a wrong stream"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_what_a_server_announces),
      cmocka_unit_test(test_each_is_acknowledged_once_at_its_end),
      cmocka_unit_test(test_values_at_the_ends_of_their_ranges),
      cmocka_unit_test(test_settings_do_not_change_each_other),
      cmocka_unit_test(test_values_outside_their_ranges),
      cmocka_unit_test(test_many_in_one_frame),
      cmocka_unit_test(test_a_smaller_table_of_the_peer_has_no_effect),
      cmocka_unit_test(test_a_graceful_end),
      cmocka_unit_test(test_an_announced_end),
      cmocka_unit_test(test_a_failure_after_goaway),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
