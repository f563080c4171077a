// Every frame type, well formed and not (RFC 9113 4.1, 5.5, 6), and the connection preface (3.4).
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ErrorCode;
using mote::http2::FrameType;

// The complete answer of the server to bytes after a valid start.
Lines answer(const FrameScript& script) {
  ReadyServer server;
  server.open(1);
  server.feed(script);
  return server.sent();
}

void expect_failure(const FrameScript& script, const std::string& goaway, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE()) {
  expect(answer(script), {goaway}, file, line);
}

void test_a_start_is_answered_with_settings_and_ack(void**) {
  ServerEnd server;
  server.start();
  expect(server.sent(), {"SETTINGS 3=100 1=4096 6=8192 4=65535"});
  assert_int_equal(server.feed(hello()), 0);
  expect(server.sent(), {"SETTINGS ack"});
  assert_true(server.connection.established());
}

void test_a_start_that_is_not_http2(void**) {
  ServerEnd server;
  server.feed(octets("GET / HTTP/1.1\r\n"));
  expect(server.received(), {"error PROTOCOL_ERROR not an HTTP/2 connection preface"});
  expect(server.sent(), {"GOAWAY 0 PROTOCOL_ERROR not an HTTP/2 connection preface"});
  assert_true(server.connection.failed());
  assert_int_equal(server.feed(hello()), 0);
  expect(server.sent(), {});
}

void test_a_preface_with_a_wrong_last_byte(void**) {
  ServerEnd server;
  Octets bytes = hello().bytes();
  bytes[mote::http2::kPreface.size() - 1] ^= 1;
  server.feed_in_pieces(bytes, [] { return 1U; });
  expect(server.received(), {"error PROTOCOL_ERROR not an HTTP/2 connection preface"});
}

void test_the_first_frame_must_be_settings(void**) {
  const FrameScript starts[] = {FrameScript().preface().ping(1), FrameScript().preface().settings_ack(),
                                FrameScript().preface().headers(1, request()),
                                FrameScript().preface().frame(0x77, 0, 0, {})};
  for (const FrameScript& start : starts) {
    ServerEnd server;
    server.feed(start);
    expect(server.sent(), {"GOAWAY 0 PROTOCOL_ERROR the first frame is not SETTINGS"});
    assert_false(server.connection.established());
  }
}

void test_types_and_flags_unknown_are_ignored(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript()
                  .data(1, "abc", 0xf6 & ~mote::http2::kPadded)
                  .data(1, "def", mote::http2::kPriority | mote::http2::kEndHeaders));
  expect(server.received(), {"data 1 abcdef"});
  expect(answer(FrameScript()
                    .frame(0x0a, 0xff, 0, octets("anything"))
                    .frame(0xff, 0, 1, {})
                    .frame(FrameType::Ping, 0xfe, 0, Octets(8, 0))
                    .frame(FrameType::WindowUpdate, 0xff, 1, {0, 0, 0, 1})
                    .frame(FrameType::Settings, 0xfe, 0, {0x12, 0x34, 1, 2, 3, 4})),
         {"PING ack 0", "SETTINGS ack"});
}

void test_the_reserved_bit_of_a_stream_id_is_ignored(void**) {
  ReadyServer server;
  server.feed(FrameScript().frame(FrameType::Headers, kEndAll, 0x80000001, request().bytes()));
  expect(server.received("section"), {"section 1 end"});
}

void test_no_frame_may_be_larger_than_announced(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().data(1, std::string(16384, 'x')));
  assert_false(server.connection.failed());
  for (unsigned type = 0; type < 12; ++type) {
    expect_failure(FrameScript().frame_head(16385, static_cast<FrameType>(type), 0, 1),
                   "GOAWAY 1 FRAME_SIZE_ERROR frame of a wrong size");
  }
}

void test_lengths_that_are_fixed(void**) {
  const std::string wanted = "GOAWAY 1 FRAME_SIZE_ERROR frame of a wrong size";
  for (const std::size_t size : {0U, 4U, 6U})
    expect_failure(FrameScript().frame(FrameType::Priority, 0, 1, Octets(size, 1)), wanted);
  for (const std::size_t size : {0U, 3U, 5U}) {
    expect_failure(FrameScript().frame(FrameType::RstStream, 0, 1, Octets(size, 1)), wanted);
    expect_failure(FrameScript().frame(FrameType::WindowUpdate, 0, 1, Octets(size, 1)), wanted);
    expect_failure(FrameScript().frame(FrameType::WindowUpdate, 0, 0, Octets(size, 1)), wanted);
  }
  for (const std::size_t size : {0U, 7U, 9U})
    expect_failure(FrameScript().frame(FrameType::Ping, 0, 0, Octets(size, 1)), wanted);
  for (const std::size_t size : {0U, 7U})
    expect_failure(FrameScript().frame(FrameType::GoAway, 0, 0, Octets(size, 0)), wanted);
  for (const std::size_t size : {1U, 5U, 7U})
    expect_failure(FrameScript().frame(FrameType::Settings, 0, 0, Octets(size, 0)), wanted);
  expect_failure(FrameScript().frame(FrameType::Settings, mote::http2::kAck, 0, Octets(6, 0)), wanted);
  expect_failure(FrameScript().frame(FrameType::Data, mote::http2::kPadded, 1, {}), wanted);
  expect_failure(FrameScript().frame(FrameType::Headers, mote::http2::kPadded, 3, {}), wanted);
  expect_failure(FrameScript().frame(FrameType::Headers, mote::http2::kPriority, 3, Octets(4, 0)), wanted);
  const std::uint8_t both = mote::http2::kPadded | mote::http2::kPriority;
  expect_failure(FrameScript().frame(FrameType::Headers, both, 3, Octets(5, 0)), wanted);
}

void test_frames_of_the_connection_on_a_stream(void**) {
  const std::string wanted = "GOAWAY 1 PROTOCOL_ERROR frame on a wrong stream";
  expect_failure(FrameScript().frame(FrameType::Settings, 0, 1, {}), wanted);
  expect_failure(FrameScript().frame(FrameType::Ping, 0, 1, Octets(8, 0)), wanted);
  expect_failure(FrameScript().frame(FrameType::GoAway, 0, 1, Octets(8, 0)), wanted);
}

void test_frames_of_a_stream_on_the_connection(void**) {
  const std::string wanted = "GOAWAY 1 PROTOCOL_ERROR frame on a wrong stream";
  expect_failure(FrameScript().data(0, "x"), wanted);
  expect_failure(FrameScript().headers(0, request()), wanted);
  expect_failure(FrameScript().priority(0), wanted);
  expect_failure(FrameScript().rst_stream(0, ErrorCode::Cancel), wanted);
  expect_failure(FrameScript().frame(FrameType::PushPromise, 0, 0, Octets(4, 0)), wanted);
  expect_failure(FrameScript().continuation(0, {}), wanted);
}

void test_push_promise_is_always_an_error(void**) {
  expect_failure(FrameScript().frame(FrameType::PushPromise, mote::http2::kEndHeaders, 1, Octets(4, 2)),
                 "GOAWAY 1 PROTOCOL_ERROR PUSH_PROMISE");
}

void test_ping_is_answered_and_ping_ack_is_reported(void**) {
  ReadyServer server;
  server.feed(FrameScript().ping(0x0102030405060708).ping(~std::uint64_t{0}, mote::http2::kAck));
  expect(server.sent(), {"PING ack 72623859790382856"});
  expect(server.received(), {"ping ack 18446744073709551615"});
  server.connection.ping(5, server.out);
  expect(server.sent(), {"PING 5"});
}

void test_priority_is_read_and_ignored(void**) {
  ReadyServer server;
  server.feed(FrameScript().priority(3).priority(8));
  Octets block = {0x80, 0, 0, 1, 200};
  server.feed(FrameScript().frame(FrameType::Headers, kEndAll | mote::http2::kPriority, 3, block + request().bytes()));
  expect(server.received("section"), {"section 3 end"});
  expect(server.sent(), {});
}

void test_padding(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().padded_data(1, "abc", 0).padded_data(1, "def", 255).padded_data(1, "", 9));
  expect(server.received(), {"data 1 abcdef"});
  const Octets padded = Octets{4} + request().bytes() + Octets(4, 0xff);
  server.feed(FrameScript().frame(FrameType::Headers, kEndAll | mote::http2::kPadded, 3, padded));
  expect(server.received("section"), {"section 3 end"});
}

void test_padding_longer_than_its_frame(void**) {
  const std::string wanted = "GOAWAY 1 PROTOCOL_ERROR padding longer than its frame";
  expect_failure(FrameScript().frame(FrameType::Data, mote::http2::kPadded, 1, {1}), wanted);
  expect_failure(FrameScript().frame(FrameType::Data, mote::http2::kPadded, 1, {4, 'a', 'b', 'c'}), wanted);
  expect_failure(FrameScript().frame(FrameType::Headers, kEndAll | mote::http2::kPadded, 3, {2, 0x82}),
                 "GOAWAY 1 PROTOCOL_ERROR padding longer than its frame");
  const std::uint8_t both = kEndAll | mote::http2::kPadded | mote::http2::kPriority;
  expect_failure(FrameScript().frame(FrameType::Headers, both, 3, {1, 0, 0, 0, 0, 0}), wanted);
  // It opens no stream.
  ReadyServer server;
  server.feed(FrameScript().frame(FrameType::Headers, kEndAll | mote::http2::kPadded, 1, {2, 0x82}));
  expect(server.received(), {"error PROTOCOL_ERROR padding longer than its frame"});
}

void test_goaway_of_the_peer_is_reported(void**) {
  ReadyServer server;
  server.feed(FrameScript().goaway(7, ErrorCode::EnhanceYourCalm, "too_many_pings"));
  expect(server.received(), {"goaway 7 ENHANCE_YOUR_CALM"});
  assert_string_equal(server.events.goaway_reason.c_str(), "too_many_pings");
  server.feed(FrameScript().headers(1, request(), kEndAll));
  expect(server.received("section"), {"section 1 end"});
}

void test_no_events_after_a_failure(void**) {
  ReadyServer server;
  server.feed(FrameScript().priority(0).headers(1, request()).ping(1));
  expect(server.received(), {"error PROTOCOL_ERROR frame on a wrong stream"});
  expect(server.sent(), {"GOAWAY 0 PROTOCOL_ERROR frame on a wrong stream"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_start_is_answered_with_settings_and_ack),
      cmocka_unit_test(test_a_start_that_is_not_http2),
      cmocka_unit_test(test_a_preface_with_a_wrong_last_byte),
      cmocka_unit_test(test_the_first_frame_must_be_settings),
      cmocka_unit_test(test_types_and_flags_unknown_are_ignored),
      cmocka_unit_test(test_the_reserved_bit_of_a_stream_id_is_ignored),
      cmocka_unit_test(test_no_frame_may_be_larger_than_announced),
      cmocka_unit_test(test_lengths_that_are_fixed),
      cmocka_unit_test(test_frames_of_the_connection_on_a_stream),
      cmocka_unit_test(test_frames_of_a_stream_on_the_connection),
      cmocka_unit_test(test_push_promise_is_always_an_error),
      cmocka_unit_test(test_ping_is_answered_and_ping_ack_is_reported),
      cmocka_unit_test(test_priority_is_read_and_ignored),
      cmocka_unit_test(test_padding),
      cmocka_unit_test(test_padding_longer_than_its_frame),
      cmocka_unit_test(test_goaway_of_the_peer_is_reported),
      cmocka_unit_test(test_no_events_after_a_failure),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
