// Corners of the server's end: input after a failure, an owner that fails the connection inside an event, a size update that
// is missing from a block that is known, and fields that are too large in a block that is refused.
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ErrorCode;
using mote::http2::kEndStream;
using mote::http2::Stream;

void test_input_after_a_failure_is_discarded_without_room(void**) {
  ReadyServer server;
  server.feed(FrameScript().data(0, "x"));
  expect(server.sent(), {"GOAWAY 0 PROTOCOL_ERROR frame on a wrong stream"});
  mote::ByteWriter none({});
  const Octets bytes = FrameScript().ping(1).bytes();
  assert_int_equal(server.connection.receive(bytes, {}, none), bytes.size());
  assert_int_equal(none.size(), 0);
  assert_false(none.overflowed());
}

void test_input_waits_for_room(void**) {
  ReadyServer server;
  mote::ByteWriter none({});
  const Octets bytes = FrameScript().ping(1).bytes();
  assert_int_equal(server.connection.receive(bytes, {}, none), 0);
  server.feed(bytes);
  expect(server.sent(), {"PING ack 1"});
}

// The owner may fail the connection inside an event: what the frame costs is then no second failure.
void test_a_connection_that_its_owner_fails_inside_an_event(void**) {
  ReadyServer server({.reset_budget = 0});
  server.open(1);
  server.events.then = [&server](std::string_view line, Stream*) {
    if (line.starts_with("reset")) server.connection.fail(ErrorCode::EnhanceYourCalm, "enough", server.out);
  };
  server.feed(FrameScript().rst_stream(1, ErrorCode::Cancel));
  expect(server.sent(), {"GOAWAY 1 ENHANCE_YOUR_CALM enough"});
  expect(server.received("limit"), {});
}

// RFC 9113 4.3.1. The entries fit the smaller table, which stays as it is, and yet the size update has to come.
void test_a_known_block_without_the_size_update_that_is_due(void**) {
  ServerEnd server(mote::http2::ConnectionLimits{.header_table_bytes = 1024});
  server.start();
  server.feed(hello());
  server.feed(FrameScript().headers(1, request().remembered("x-kept", "1"), mote::test::kEndAll));
  for (const std::uint32_t id : {3U, 5U, 7U})
    server.feed(FrameScript().headers(id, request(), mote::test::kEndAll));
  expect(server.received("error"), {});
  server.feed(FrameScript().settings_ack());
  server.sent();
  server.feed(FrameScript().headers(9, request(), mote::test::kEndAll));
  expect(server.sent(), {"GOAWAY 9 COMPRESSION_ERROR HPACK"});
}

void test_a_field_that_is_too_large_in_a_refused_request(void**) {
  ReadyServer server({.streams = 1, .header_bytes = 4096});
  server.open(1);
  const Block large = request().literal("x-large", std::string(5000, 'x'));
  server.feed(FrameScript().headers(3, large, mote::test::kEndAll));
  expect(server.sent(), {"RST_STREAM 3 REFUSED_STREAM"});
  expect(server.received("limit"), {"limit streams"});
  // On a stream that is open it counts.
  server.feed(FrameScript().headers(1, Block().literal("x-large", std::string(5000, 'x')), mote::test::kEndAll));
  expect(server.received("limit"), {"limit header bytes"});
}

// An open stream that the owner gives up for others: free until the budget of refusals is spent.
void test_refusals_of_open_streams_come_to_an_end(void**) {
  ReadyServer server({.reset_budget = 1, .free_refusals = 2});
  for (const std::uint32_t id : {1U, 3U, 5U, 7U})
    server.open(id);
  const auto refuse = [&server](std::uint32_t id) {
    server.connection.refuse(server.stream(id), server.out);
    server.events.streams.erase(id);
  };
  refuse(1);
  refuse(3);
  expect(server.received("limit"), {});
  refuse(5);
  expect(server.received("limit"), {"limit refusals"});
  expect(server.sent(), {"RST_STREAM 1 REFUSED_STREAM", "RST_STREAM 3 REFUSED_STREAM", "RST_STREAM 5 REFUSED_STREAM"});
  refuse(7);
  expect(server.received("limit"), {"limit refusals", "limit resets"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_input_after_a_failure_is_discarded_without_room),
      cmocka_unit_test(test_input_waits_for_room),
      cmocka_unit_test(test_a_connection_that_its_owner_fails_inside_an_event),
      cmocka_unit_test(test_a_known_block_without_the_size_update_that_is_due),
      cmocka_unit_test(test_refusals_of_open_streams_come_to_an_end),
      cmocka_unit_test(test_a_field_that_is_too_large_in_a_refused_request),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
