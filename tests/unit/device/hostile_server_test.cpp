// Servers that lie, stall or flood: each call ends in a status within its deadline, and the next one with a good server is
// answered.
#include <string>

#include "support/cmocka_test.h"
#include "support/device.h"
#include "support/lines.h"

namespace {

using namespace mote::test;
using mote::http2::ErrorCode;
using mote::http2::FrameType;
using mote::http2::kEndHeaders;
using mote::http2::kEndStream;

constexpr std::uint32_t kTimeoutMs = 2000;

// The status of a unary call with this answer. The client must then succeed with another call.
std::string outcome_of(const FrameScript& script, Device& device) {
  const std::uint32_t begun_ms = device.port.now_ms;
  device.port.answers(script);
  device.ask("question", kTimeoutMs);
  assert_true(device.client.over());
  assert_in_range(device.port.now_ms - begun_ms, 0, kTimeoutMs);
  return device.outcome();
}

void expect_outcome(const FrameScript& script, const char* expected) {
  Device device;
  assert_string_equal(outcome_of(script, device).c_str(), expected);
  device.port.now_ms += device.client.retry_in_ms();
  device.port.otherwise = [](std::uint32_t stream) { return answer(stream, "still here"); };
  assert_string_equal(device.ask("x").c_str(), "still here");
}

FrameScript began() {
  return FrameScript().headers(1, grpc_response());
}

void oversized_frames(void**) {
  const char* fault = "INTERNAL frame of a wrong size";
  expect_outcome(FrameScript().frame_head(16'385, FrameType::Data, 0, 1), fault);
  expect_outcome(FrameScript().frame_head(0xffffff, FrameType::Headers, 0, 1), fault);
  expect_outcome(FrameScript().frame_head(0xffffff, static_cast<FrameType>(0x77), 0, 1), fault);
  expect_outcome(FrameScript().frame(FrameType::Ping, 0, 0, octets("1234567")), fault);
  expect_outcome(FrameScript().frame(FrameType::RstStream, 0, 1, octets("12345")), fault);
  expect_outcome(FrameScript().frame(FrameType::Settings, 0, 0, octets("12345")), fault);
}

void bad_hpack(void**) {
  const char* fault = "INTERNAL HPACK";
  expect_outcome(FrameScript().headers(1, Block().indexed(0)), fault);
  expect_outcome(FrameScript().headers(1, Block().indexed(62)), fault);
  expect_outcome(FrameScript().headers(1, Block().table_size(1)), fault);
  expect_outcome(FrameScript().frame(FrameType::Headers, kEndHeaders, 1, octets("\xff\xff\xff\xff\xff\xff")), fault);
  expect_outcome(FrameScript().frame(FrameType::Headers, kEndHeaders, 1, octets("\x40\x84\xff\xff\xff\xff")), fault);
  expect_outcome(FrameScript().frame(FrameType::Headers, kEndHeaders, 1,
                                     octets("\x48\x05"
                                            "20")),
                 "INTERNAL header block cut short");
}

// RFC 7541 4.2 and 4.4: with a table of 0 bytes these are allowed.
void literals_with_indexing_and_size_updates_are_accepted(void**) {
  expect_outcome(FrameScript()
                     .headers(1, Block().table_size(0).indexed(8).remembered("content-type", "application/grpc"))
                     .data(1, prefixed("hello"))
                     .headers(1, Block().remembered("grpc-status", "0"), kEndAll),
                 "OK ");
}

// Only the call ends: the connection stays open, and no pause begins.
void expect_malformed(const FrameScript& script, const char* expected) {
  Device device;
  assert_string_equal(outcome_of(script, device).c_str(), expected);
  assert_true(device.client.connected());
  assert_int_equal(device.client.retry_in_ms(), 0);
  device.port.otherwise = [](std::uint32_t stream) { return answer(stream, "still here"); };
  assert_string_equal(device.ask("x").c_str(), "still here");
  assert_int_equal(device.port.connects, 1);
}

void malformed_responses(void**) {
  const char* fault = "INTERNAL malformed response";
  expect_malformed(FrameScript().headers(1, Block().literal("content-type", "application/grpc")), fault);
  expect_malformed(FrameScript().headers(1, Block().literal(":status", "20")), fault);
  expect_malformed(FrameScript().headers(1, Block().indexed(3)), fault);
  expect_malformed(FrameScript().headers(1, response("100"), kEndAll), fault);
  expect_malformed(FrameScript().data(1, "before headers"), fault);
  expect_malformed(began().headers(1, grpc_trailers()), fault);
}

void malformed_fields(void**) {
  const Block with_status = grpc_response().literal("grpc-status", "0");
  expect_malformed(FrameScript().headers(1, response().literal("Upper", "1")), "INTERNAL malformed field Upper");
  expect_malformed(FrameScript().headers(1, Block(with_status).indexed(8), kEndAll),
                   "INTERNAL malformed field :status");
  expect_malformed(FrameScript().headers(1, grpc_response().literal("x-a", "1\n")), "INTERNAL malformed field x-a");
  expect_malformed(began().data(1, prefixed("hello")).headers(1, grpc_trailers().literal("x-b", "\r"), kEndAll),
                   "INTERNAL malformed field x-b");
  expect_malformed(began().headers(1, Block().literal("x-c", "\n"), kEndAll), "INTERNAL malformed field x-c");
  // The first one is named, as far as there is memory.
  expect_malformed(FrameScript().headers(1, grpc_response().literal("x-d", "\n").literal("x-e", "\n")),
                   "INTERNAL malformed field x-d");
  for (const std::size_t size : {1U, 17U, 20U}) {
    Device small({}, {.text = size});
    const std::string text = size == 1 ? "malformed response" : size == 17 ? "malformed field " : "malformed field x-f";
    assert_string_equal(outcome_of(FrameScript().headers(1, grpc_response().literal("x-f", "\n")), small).c_str(),
                        ("INTERNAL " + text).c_str());
  }
}

// The status message of the server takes precedence over other errors of the response.
void the_status_of_a_malformed_response_is_the_servers(void**) {
  const Block status = grpc_trailers("9").literal("grpc-message", "no%20way");
  expect_malformed(began().headers(1, Block(status).literal("x-a", "\n"), kEndAll), "FAILED_PRECONDITION no way");
  expect_malformed(began().headers(1, Block().literal("x-a", "\n").literal("grpc-status", "9"), kEndAll),
                   "FAILED_PRECONDITION malformed field x-a");
  expect_malformed(
      FrameScript().headers(
          1, grpc_response().literal("x-a", "\n").literal("grpc-status", "5").literal("grpc-message", "gone"), kEndAll),
      "NOT_FOUND gone");
  expect_malformed(began().headers(1, grpc_trailers("9").literal("grpc-message", "two\nlines"), kEndAll),
                   "FAILED_PRECONDITION malformed field grpc-message");
  expect_malformed(FrameScript().headers(1, response("503").literal("x-a", "\n")), "UNAVAILABLE malformed field x-a");
}

// Servers do not encode spaces (grpcio, grpc-go, Ruby, Java): the message is what they sent, to the last space.
void spaces_and_tabs_at_the_ends_of_a_status_message(void**) {
  for (const char* text : {"failed: ", " failed", "\tfailed\t", " ", "  two  "})
    expect_malformed(began().headers(1, grpc_trailers("9").literal("grpc-message", text), kEndAll),
                     ("FAILED_PRECONDITION " + std::string(text)).c_str());
  expect_malformed(began().headers(1, grpc_trailers("9").literal("grpc-message", "%20encoded%20"), kEndAll),
                   "FAILED_PRECONDITION  encoded ");
  // No field but custom metadata is trimmed.
  expect_malformed(began().headers(1, grpc_trailers("0 "), kEndAll), "UNKNOWN ");
  expect_malformed(FrameScript().headers(1, response().literal("content-type", " application/grpc")),
                   "UNKNOWN not a gRPC response");
}

void ends_without_a_status(void**) {
  expect_outcome(began().data(1, prefixed("hello"), kEndStream), "UNKNOWN no grpc-status");
  expect_outcome(began().headers(1, Block().literal("x-a", "1"), kEndAll), "UNKNOWN no grpc-status");
  expect_outcome(FrameScript().headers(1, grpc_response(), kEndAll), "UNKNOWN no grpc-status");
  expect_outcome(began().data(1, prefixed("hello").substr(0, 7)).headers(1, grpc_trailers(), kEndAll),
                 "INTERNAL message cut short");
}

void trailers_only(void**) {
  expect_outcome(FrameScript().headers(
                     1, grpc_response().literal("grpc-status", "12").literal("grpc-message", "no%20such"), kEndAll),
                 "UNIMPLEMENTED no such");
  expect_outcome(FrameScript().headers(1, grpc_response().literal("grpc-status", "0"), kEndAll),
                 "UNIMPLEMENTED not exactly one reply");
}

void what_is_not_grpc(void**) {
  expect_outcome(FrameScript().headers(1, response("503").literal("content-type", "text/html")).data(1, "<html>"),
                 "UNAVAILABLE not a gRPC response");
  expect_outcome(FrameScript().headers(1, response("404"), kEndAll), "UNIMPLEMENTED not a gRPC response");
  expect_outcome(FrameScript().headers(1, Block().indexed(8).literal("content-type", "text/plain")),
                 "UNKNOWN not a gRPC response");
  Device device;
  device.port.sends_settings = false;
  device.port.answers(FrameScript().raw(octets("HTTP/1.1 400 Bad Request\r\n\r\n")));
  device.ask("x");
  assert_string_equal(device.outcome().c_str(), "INTERNAL the first frame is not SETTINGS");
  assert_true(device.client.retry_in_ms() > 0);
}

void long_statuses(void**) {
  const std::string digits(100, '0');
  expect_outcome(began().headers(1, grpc_trailers(digits), kEndAll), "UNKNOWN ");
  expect_outcome(began().headers(1, grpc_trailers("4294967296"), kEndAll), "UNKNOWN ");
  // Past scratch: the field is left out, and with it the status.
  expect_outcome(began().headers(1, grpc_trailers(std::string(500, '0')), kEndAll),
                 "RESOURCE_EXHAUSTED headers too large");
  // The status is reported whether it is before or after the field that is too long.
  const Block message = Block().literal("grpc-message", std::string(500, 'm'));
  expect_outcome(began().headers(1, grpc_trailers("7").literal("grpc-message", std::string(500, 'm')), kEndAll),
                 "PERMISSION_DENIED ");
  expect_outcome(began().headers(1, Block(message).literal("grpc-status", "7"), kEndAll), "PERMISSION_DENIED ");
  // But no success where something was left out.
  expect_outcome(began().data(1, prefixed("hello")).headers(1, Block(message).literal("grpc-status", "0"), kEndAll),
                 "RESOURCE_EXHAUSTED headers too large");
  std::string escapes;
  for (int i = 0; i < 30; ++i)
    escapes += "%C3";
  Device device;
  const std::string outcome =
      outcome_of(began().headers(1, grpc_trailers("7").literal("grpc-message", escapes), kEndAll), device);
  assert_int_equal(outcome.size(), std::string("PERMISSION_DENIED ").size() + 30);
  Device small({}, {.text = 11});
  assert_string_equal(
      outcome_of(began().headers(1, grpc_trailers("7").literal("grpc-message", "0123456789abc"), kEndAll), small)
          .c_str(),
      "PERMISSION_DENIED 0123456789");
}

void windows(void**) {
  expect_outcome(FrameScript().window_update(0, 0x7fffffff), "INTERNAL window above 2^31-1");
  expect_outcome(FrameScript().window_update(0, 0), "INTERNAL WINDOW_UPDATE of 0");
  expect_outcome(FrameScript().window_update(1, 0x7fffffff), "INTERNAL window above 2^31-1");
  expect_outcome(FrameScript().window_update(1, 0), "INTERNAL WINDOW_UPDATE of 0");
  expect_outcome(FrameScript().settings({{4, 0x80000000}}), "INTERNAL SETTINGS_INITIAL_WINDOW_SIZE");
  expect_outcome(FrameScript().settings({{4, 0x7fffffff}}).window_update(1, 1).window_update(1, 0x7fffffff),
                 "INTERNAL window above 2^31-1");
  // More than we allow on a stream.
  expect_outcome(began().data(1, std::string(300, '\0')), "INTERNAL DATA beyond the stream's window");
}

// Our SETTINGS come before the request: a server that has not acknowledged them yet must obey them too.
void the_window_holds_before_the_acknowledgement(void**) {
  Device device;
  device.port.sends_settings = false;
  device.port.answers(FrameScript().settings().headers(1, grpc_response()).data(1, prefixed(std::string(252, 'm'))));
  device.ask("x", kTimeoutMs);
  assert_string_equal(device.outcome().c_str(), "INTERNAL DATA beyond the stream's window");
}

void endless_continuation(void**) {
  FrameScript script;
  script.headers(1, grpc_response(), 0);
  for (int i = 0; i < 100; ++i)
    script.continuation(1, {}, 0);
  expect_outcome(script, "INTERNAL header block in too many frames");
  expect_outcome(FrameScript().headers(1, grpc_response(), 0).ping(1), "INTERNAL header block interrupted");
}

// Trailers past header_bytes, the status at their end.
void trailers_that_are_too_large(void**) {
  Block block;
  for (int i = 0; i < 200; ++i)
    block.literal("x-" + std::to_string(i), "value");
  expect_outcome(began().headers(1, Block(block).literal("grpc-status", "5").literal("grpc-message", "gone"), kEndAll),
                 "NOT_FOUND gone");
  expect_outcome(began().data(1, prefixed("hello")).headers(1, Block(block).literal("grpc-status", "0"), kEndAll),
                 "RESOURCE_EXHAUSTED headers too large");
  expect_outcome(began().headers(1, block, kEndAll), "RESOURCE_EXHAUSTED headers too large");
}

void headers_without_end(void**) {
  Block block = grpc_response();
  for (int i = 0; i < 400; ++i)
    block.literal("x-" + std::to_string(i), "value");
  expect_outcome(FrameScript().headers(1, block), "RESOURCE_EXHAUSTED headers too large");
}

void silence(void**) {
  expect_outcome(FrameScript(), "DEADLINE_EXCEEDED deadline exceeded");
  expect_outcome(began(), "DEADLINE_EXCEEDED deadline exceeded");
  expect_outcome(began().data(1, prefixed("hello")), "DEADLINE_EXCEEDED deadline exceeded");
  for (std::size_t size : {1U, 8U, 9U, 12U, 25U}) {
    const Octets whole = answer(1, "hello").bytes();
    Device device;
    assert_string_equal(
        outcome_of(FrameScript().raw(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), device)
            .c_str(),
        "DEADLINE_EXCEEDED deadline exceeded");
  }
}

// The connection is unusable: it is closed, and the client reconnects after a pause.
void no_data_before_the_servers_settings(void**) {
  Device device;
  device.port.sends_settings = false;
  device.ask("x", kTimeoutMs);
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
  assert_int_equal(device.port.now_ms, 1000 + kTimeoutMs);
  assert_false(device.client.connected());
  assert_int_equal(device.port.disconnects, 1);
  assert_true(device.client.retry_in_ms() > 0);
  device.ask("x", kTimeoutMs);
  assert_string_equal(device.outcome().c_str(), "UNAVAILABLE no connection");
  device.port.now_ms += device.client.retry_in_ms();
  device.port.sends_settings = true;
  device.port.answers(answer(1, "at last"));
  assert_string_equal(device.ask("x").c_str(), "at last");
  assert_int_equal(device.port.connects, 2);
}

// A server that allows no streams and then goes away, each time: a second connection is tried, and no third.
void goaway_before_a_stream_is_allowed(void**) {
  Device device;
  device.port.sends_settings = false;
  device.port.sends_at(1100, FrameScript().settings({{3, 0}}).settings_ack());
  assert_true(device.client.connect());
  device.port.sends_at(1500, FrameScript().goaway(0, ErrorCode::NoError));
  device.port.sends_at(1600, FrameScript().settings({{3, 0}}).settings_ack());
  device.port.sends_at(1700, FrameScript().goaway(0, ErrorCode::NoError));
  device.ask("x", kTimeoutMs);
  assert_string_equal(device.outcome().c_str(), "UNAVAILABLE the server is going away");
  assert_int_equal(device.port.now_ms, 1700);
  assert_int_equal(device.port.connects, 2);
}

void goaway_in_a_call(void**) {
  expect_outcome(FrameScript().goaway(0, ErrorCode::EnhanceYourCalm, "too_many_pings"),
                 "UNAVAILABLE the server is going away");
  Device silent;
  assert_string_equal(outcome_of(began().goaway(1, ErrorCode::InternalError), silent).c_str(),
                      "DEADLINE_EXCEEDED deadline exceeded");
  Device graceful;
  assert_string_equal(outcome_of(FrameScript()
                                     .goaway(0x7fffffff, ErrorCode::NoError)
                                     .goaway(1, ErrorCode::NoError)
                                     .raw(answer(1, "fine").bytes()),
                                 graceful)
                          .c_str(),
                      "OK ");
}

void resets_with_each_code(void**) {
  const char* const expected[] = {"INTERNAL", "INTERNAL",           "INTERNAL",          "INTERNAL",  "INTERNAL",
                                  "INTERNAL", "INTERNAL",           "UNAVAILABLE",       "CANCELLED", "INTERNAL",
                                  "INTERNAL", "RESOURCE_EXHAUSTED", "PERMISSION_DENIED", "INTERNAL",  "INTERNAL"};
  std::uint32_t code = 0;
  for (const char* status : expected) {
    const std::string outcome = std::string(status) + " reset by the server";
    expect_outcome(FrameScript().rst_stream(1, static_cast<ErrorCode>(code++)), outcome.c_str());
  }
  expect_outcome(FrameScript().rst_stream(1, static_cast<ErrorCode>(0xffffffff)), "INTERNAL reset by the server");
}

void floods_of_frames_without_progress(void**) {
  const FrameScript frames[] = {FrameScript().ping(1),
                                FrameScript().settings({{3, 9}}),
                                FrameScript().settings_ack(),
                                FrameScript().window_update(0, 1),
                                FrameScript().priority(1),
                                FrameScript().data(1, ""),
                                FrameScript().headers(1, response("100")),
                                FrameScript().frame(0x55, 0, 0, octets("unknown"))};
  for (const FrameScript& frame : frames) {
    Device device;
    const bool needs_headers = frame.bytes()[3] == 0;
    device.port.answers(needs_headers ? began() : FrameScript());
    device.port.floods(frame);
    device.ask("x", 60'000);
    assert_string_equal(device.outcome().c_str(), "INTERNAL too many frames without progress");
    assert_true(device.port.now_ms < 10'000);
  }
}

// Data is progress, yet it does not outlast the deadline.
void a_flood_of_data(void**) {
  Device device;
  device.port.answers(began());
  device.client.start({.path = "/a.B/C",
                       .timeout_ms = kTimeoutMs,
                       .metadata = nullptr,
                       .metadata_count = 0,
                       .on_metadata = nullptr,
                       .context = nullptr});
  device.client.end_sending();
  device.port.floods(FrameScript().data(1, prefixed("0123456789")));
  mote::Bytes message;
  unsigned messages = 0;
  while (device.client.receive(message) == mote::device::Received::Message)
    ++messages;
  assert_true(messages > 10);
  assert_int_equal(device.client.status(), mote::StatusCode::DeadlineExceeded);
  assert_in_range(device.port.now_ms, 1000, 1000 + kTimeoutMs + 1);
}

void malformed_messages(void**) {
  expect_outcome(began().data(1, prefixed("hello", 1)), "INTERNAL compressed message");
  expect_outcome(began().data(1, std::string("\0\xff\xff\xff\xff", 5)), "RESOURCE_EXHAUSTED message too large");
}

void frames_for_streams_that_are_not_open(void**) {
  expect_outcome(FrameScript().headers(7, grpc_response()), "INTERNAL frame on a wrong stream");
  expect_outcome(FrameScript().headers(2, grpc_response()), "INTERNAL frame on a wrong stream");
  expect_outcome(FrameScript().data(7, "x"), "INTERNAL frame on a wrong stream");
  expect_outcome(FrameScript().rst_stream(3, ErrorCode::Cancel), "INTERNAL frame on a wrong stream");
  expect_outcome(FrameScript().frame(FrameType::PushPromise, kEndHeaders, 1, octets("\0\0\0\2")),
                 "INTERNAL PUSH_PROMISE");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(oversized_frames),
      cmocka_unit_test(bad_hpack),
      cmocka_unit_test(literals_with_indexing_and_size_updates_are_accepted),
      cmocka_unit_test(malformed_responses),
      cmocka_unit_test(malformed_fields),
      cmocka_unit_test(the_status_of_a_malformed_response_is_the_servers),
      cmocka_unit_test(spaces_and_tabs_at_the_ends_of_a_status_message),
      cmocka_unit_test(ends_without_a_status),
      cmocka_unit_test(trailers_only),
      cmocka_unit_test(what_is_not_grpc),
      cmocka_unit_test(long_statuses),
      cmocka_unit_test(windows),
      cmocka_unit_test(the_window_holds_before_the_acknowledgement),
      cmocka_unit_test(endless_continuation),
      cmocka_unit_test(trailers_that_are_too_large),
      cmocka_unit_test(headers_without_end),
      cmocka_unit_test(silence),
      cmocka_unit_test(no_data_before_the_servers_settings),
      cmocka_unit_test(goaway_before_a_stream_is_allowed),
      cmocka_unit_test(goaway_in_a_call),
      cmocka_unit_test(resets_with_each_code),
      cmocka_unit_test(floods_of_frames_without_progress),
      cmocka_unit_test(a_flood_of_data),
      cmocka_unit_test(malformed_messages),
      cmocka_unit_test(frames_for_streams_that_are_not_open),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
