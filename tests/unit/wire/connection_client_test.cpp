// The client's role: streams it opens, responses and their violations (RFC 9113 5.1, 8.1, 8.3.2), GOAWAY from the server.
#include "support/cmocka_test.h"
#include "support/endpoint.h"
#include "support/lines.h"

namespace {

using namespace mote::test;
using mote::wire::ConnectionLimits;
using mote::wire::ErrorCode;
using mote::wire::kEndStream;

constexpr std::uint16_t kMaxStreams = 3;

void test_a_call_from_begin_to_end(void**) {
  ReadyClient client;
  assert_true(client.open());
  assert_int_equal(client.send_data(1, "question", true), 8);
  expect(client.sent(), {"DATA 1 end question"});
  client.feed(
      FrameScript().headers(1, response()).data(1, "answer").headers(1, Block().literal("grpc-status", "0"), kEndAll));
  expect(client.heard(), {"field 1 :status: 200", "section 1", "data 1 answer", "field 1 grpc-status: 0",
                          "trailers 1 end", "half-close 1"});
  assert_int_equal(client.connection.stream_count(), 0);
  assert_false(client.has_stream(1));
}

void test_a_response_before_the_request_has_ended(void**) {
  ReadyClient client;
  assert_true(client.open());
  client.feed(FrameScript().headers(1, response(), kEndAll).rst_stream(1, ErrorCode::NoError));
  expect(client.heard(), {"field 1 :status: 200", "section 1 end", "half-close 1", "reset 1 NO_ERROR by peer"});
  assert_int_equal(client.connection.stream_count(), 0);
}

void test_streams_have_rising_odd_ids(void**) {
  ReadyClient client;
  for (unsigned id = 1; id < 20; id += 2) {
    assert_true(client.open());
    assert_int_equal(client.stream(id).id, id);
  }
}

void test_the_servers_limit_of_streams(void**) {
  ReadyClient client;
  client.feed(FrameScript().settings({{kMaxStreams, 2}}));
  assert_true(client.open());
  assert_true(client.open(true));
  assert_false(client.open());
  client.feed(FrameScript().headers(3, response(), kEndAll));
  assert_true(client.open());
  client.feed(FrameScript().settings({{kMaxStreams, 0}}));
  client.reset(1, ErrorCode::Cancel);
  assert_false(client.open());
}

void test_nothing_is_opened_behind_goaway(void**) {
  ReadyClient client;
  assert_true(client.open(true));
  client.feed(FrameScript().goaway(1, ErrorCode::NoError, "restart"));
  expect(client.heard(), {"goaway 1 NO_ERROR"});
  assert_false(client.open());
  client.feed(FrameScript().headers(1, response(), kEndAll));
  expect(client.heard("section"), {"section 1 end"});
}

void test_nothing_is_opened_behind_a_failure(void**) {
  ReadyClient client;
  client.feed(FrameScript().priority(0));
  assert_false(client.open());
}

// RFC 9113 8.1: any number of 1xx before the response, which they are no part of.
void test_informational_responses(void**) {
  ReadyClient client;
  assert_true(client.open(true));
  client.feed(FrameScript().headers(1, response("100").remembered("kept", "no")).headers(1, response("103")));
  expect(client.heard(), {});
  client.feed(FrameScript().headers(1, response(), kEndAll));
  expect(client.heard(), {"field 1 :status: 200", "section 1 end", "half-close 1"});
}

// We announce a header table of 0 bytes before we open a stream (RFC 7541 4.2, 4.4).
void test_a_server_may_index_but_nothing_is_kept(void**) {
  ReadyClient client;
  assert_true(client.open(true));
  client.feed(FrameScript().headers(1, Block().table_size(0).indexed(8).remembered("a", "b")));
  expect(client.heard(), {"field 1 :status: 200", "field 1 a: b", "section 1"});
  client.feed(FrameScript().headers(1, Block().indexed(62), kEndAll));
  expect(client.heard(), {"error COMPRESSION_ERROR HPACK"});
}

void test_a_server_may_not_ask_for_a_table(void**) {
  ReadyClient client;
  assert_true(client.open(true));
  client.feed(FrameScript().headers(1, Block().table_size(1).indexed(8)));
  expect(client.heard(), {"error COMPRESSION_ERROR HPACK"});
}

void test_an_informational_response_that_ends_the_stream(void**) {
  ReadyClient client;
  assert_true(client.open(true));
  client.feed(FrameScript().headers(1, response("100"), kEndAll));
  expect(client.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
}

void test_informational_responses_without_end(void**) {
  ReadyClient client(ConnectionLimits{.idle_frame_budget = 10});
  assert_true(client.open(true));
  for (int i = 0; i < 12; ++i)
    client.feed(FrameScript().headers(1, response("100")));
  expect(client.heard("error"), {"error ENHANCE_YOUR_CALM too many frames without progress"});
}

void test_malformed_responses(void**) {
  for (const Block& block :
       {Block(), Block().literal("a", "b"), response("20"), response("2000"), response("abc"), response("099"),
        response("101"), response().literal(":status", "200"), response().literal(":path", "/"),
        response().literal("connection", "close"), response().literal("UP", "x")}) {
    ReadyClient client;
    assert_true(client.open());
    client.feed(FrameScript().headers(1, block));
    expect(client.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
    expect(client.heard("reset"), {"reset 1 PROTOCOL_ERROR"});
  }
}

void test_data_before_the_response(void**) {
  ReadyClient client;
  assert_true(client.open());
  client.feed(FrameScript().headers(1, response("100")).data(1, "x"));
  expect(client.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
}

void test_content_length_of_a_response(void**) {
  ReadyClient client;
  for (int i = 0; i < 4; ++i)
    assert_true(client.open(true));
  client.feed(FrameScript().headers(1, response().literal("content-length", "2")).data(1, "ab", kEndStream));
  client.feed(FrameScript().headers(3, response().literal("content-length", "2")).data(3, "a", kEndStream));
  client.feed(FrameScript().headers(5, response("304").literal("content-length", "2"), kEndAll));
  client.feed(FrameScript().headers(7, response("200").literal("content-length", "2"), kEndAll));
  expect(client.heard("half-close"), {"half-close 1", "half-close 5"});
  expect(client.sent(), {"RST_STREAM 3 PROTOCOL_ERROR", "RST_STREAM 7 PROTOCOL_ERROR"});
}

void test_frames_on_streams_that_were_never_opened(void**) {
  const std::string wanted = "GOAWAY 0 PROTOCOL_ERROR ";
  const std::pair<FrameScript, std::string> cases[] = {
      {FrameScript().headers(3, response()), "HEADERS on an idle stream"},
      {FrameScript().headers(2, response()), "HEADERS on an idle stream"},
      {FrameScript().data(3, "x"), "DATA on an idle stream"},
      {FrameScript().rst_stream(3, ErrorCode::Cancel), "RST_STREAM on an idle stream"},
      {FrameScript().window_update(2, 1), "WINDOW_UPDATE on an idle stream"},
  };
  for (const auto& [script, reason] : cases) {
    ReadyClient client;
    assert_true(client.open());
    client.feed(script);
    expect(client.sent(), {wanted + reason});
  }
}

void test_frames_on_closed_streams(void**) {
  ReadyClient client;
  assert_true(client.open(true));
  client.feed(FrameScript().headers(1, response(), kEndAll).data(1, "x").window_update(1, 1));
  expect(client.sent(), {"RST_STREAM 1 STREAM_CLOSED"});
  client.feed(FrameScript().headers(1, response(), kEndAll));
  expect(client.sent(), {"GOAWAY 0 STREAM_CLOSED HEADERS on a closed stream"});
}

void test_frames_on_a_stream_that_the_server_has_ended(void**) {
  for (const FrameScript& script : {FrameScript().data(1, "x"), FrameScript().headers(1, Block(), kEndAll)}) {
    ReadyClient client;
    assert_true(client.open());
    client.feed(FrameScript().headers(1, response(), kEndAll));
    client.feed(script);
    expect(client.sent(), {"RST_STREAM 1 STREAM_CLOSED"});
  }
}

void test_what_comes_behind_our_reset_is_dropped(void**) {
  ReadyClient client;
  for (int i = 0; i < 20; ++i)
    assert_true(client.open());
  for (unsigned id = 1; id < 40; id += 2)
    client.reset(id, ErrorCode::Cancel);
  client.sent();
  FrameScript script;
  for (unsigned id = 1; id < 40; id += 2)
    script.headers(id, response().remembered("lost", "yes")).data(id, "under way").rst_stream(id, ErrorCode::NoError);
  client.feed(script);
  expect(client.heard(), {});
  expect(client.sent(), {});
  assert_true(client.open());
  client.feed(FrameScript().headers(41, response(), kEndAll));
  expect(client.heard("field 41"), {"field 41 :status: 200"});
  // Such a header block is decoded all the same.
  client.feed(FrameScript().headers(1, Block().indexed(0)));
  expect(client.heard("error"), {"error COMPRESSION_ERROR HPACK"});
}

// A server's resets are its business: the budget is for servers.
void test_resets_by_the_server_are_not_counted(void**) {
  ReadyClient client(ConnectionLimits{.reset_budget = 1});
  for (unsigned id = 1; id < 100; id += 2) {
    assert_true(client.open());
    client.feed(FrameScript().rst_stream(id, ErrorCode::RefusedStream));
  }
  assert_false(client.connection.failed());
}

void test_both_ends_understand_each_other(void**) {
  Client client;
  Server server;
  client.start();
  server.start();
  server.feed(client.output());
  client.feed(server.output());
  server.feed(client.output());
  assert_true(client.connection.open(client.events.make(1)));
  assert_true(client.send_headers(1, request({{"te", "trailers"}}), false));
  assert_int_equal(client.send_data(1, "ping", true), 4);
  server.feed(client.output());
  expect(server.heard("data"), {"data 1 ping"});
  assert_true(server.send_headers(1, response(), false));
  assert_int_equal(server.send_data(1, "pong", false), 4);
  assert_true(server.send_headers(1, Block().literal("grpc-status", "0"), true));
  client.feed(server.output());
  expect(client.heard(), {"field 1 :status: 200", "section 1", "data 1 pong", "field 1 grpc-status: 0",
                          "trailers 1 end", "half-close 1"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_call_from_begin_to_end),
      cmocka_unit_test(test_a_response_before_the_request_has_ended),
      cmocka_unit_test(test_streams_have_rising_odd_ids),
      cmocka_unit_test(test_the_servers_limit_of_streams),
      cmocka_unit_test(test_nothing_is_opened_behind_goaway),
      cmocka_unit_test(test_nothing_is_opened_behind_a_failure),
      cmocka_unit_test(test_informational_responses),
      cmocka_unit_test(test_a_server_may_index_but_nothing_is_kept),
      cmocka_unit_test(test_a_server_may_not_ask_for_a_table),
      cmocka_unit_test(test_an_informational_response_that_ends_the_stream),
      cmocka_unit_test(test_informational_responses_without_end),
      cmocka_unit_test(test_malformed_responses),
      cmocka_unit_test(test_data_before_the_response),
      cmocka_unit_test(test_content_length_of_a_response),
      cmocka_unit_test(test_frames_on_streams_that_were_never_opened),
      cmocka_unit_test(test_frames_on_closed_streams),
      cmocka_unit_test(test_frames_on_a_stream_that_the_server_has_ended),
      cmocka_unit_test(test_what_comes_behind_our_reset_is_dropped),
      cmocka_unit_test(test_resets_by_the_server_are_not_counted),
      cmocka_unit_test(test_both_ends_understand_each_other),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
