// The states of a stream at a server and the answer to each violation (RFC 9113 5.1, 5.4, 6.4, 8.1).
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ConnectionLimits;
using mote::http2::ErrorCode;
using mote::http2::kEndStream;

// Stream 1 is half-closed (remote).
void ask(ReadyServer& server) {
  server.feed(FrameScript().headers(1, request(), kEndAll));
  server.received();
}

// Stream 1 is closed, in the way that both sides sent END_STREAM.
void ask_and_answer(ReadyServer& server) {
  ask(server);
  assert_true(server.send_headers(1, response(), true));
  assert_int_equal(server.connection.stream_count(), 0);
  server.sent();
}

void test_a_complete_call(void**) {
  ReadyServer server;
  server.feed(FrameScript().headers(1, request({{"te", "trailers"}})).data(1, "ques").data(1, "tion", kEndStream));
  expect(server.received(),
         {"open 1", "field 1 :method: POST", "field 1 :scheme: http", "field 1 :path: /echo.Echo/Reply",
          "field 1 te: trailers", "section 1", "data 1 question", "half-close 1"});
  assert_true(server.send_headers(1, response(), false));
  assert_int_equal(server.send_data(1, "answer", false), 6);
  assert_true(server.send_headers(1, Block().literal("grpc-status", "0"), true));
  expect(server.sent(), {"HEADERS 1", "DATA 1 answer", "HEADERS 1 end"});
  assert_int_equal(server.connection.stream_count(), 0);
  assert_null(server.connection.first_stream());
}

void test_trailers_of_a_request(void**) {
  ReadyServer server;
  server.feed(FrameScript().headers(1, request()).data(1, "x").headers(1, Block().literal("sum", "1"), kEndAll));
  const Lines received = server.received();
  expect({received.end() - 4, received.end()}, {"data 1 x", "field 1 sum: 1", "trailers 1 end", "half-close 1"});
}

void test_streams_are_listed_oldest_first(void**) {
  ReadyServer server;
  for (const unsigned id : {1U, 5U, 7U, 9U})
    server.open(id);
  server.reset(5, ErrorCode::Cancel);
  server.feed(FrameScript().rst_stream(9, ErrorCode::Cancel));
  std::vector<unsigned> ids;
  for (const auto* stream = server.connection.first_stream(); stream != nullptr; stream = stream->next)
    ids.push_back(stream->id);
  assert_true(ids == (std::vector<unsigned>{1, 7}));
  assert_int_equal(server.connection.stream_count(), 2);
  assert_int_equal(server.connection.last_peer_stream(), 9);
}

// RFC 9113 5.1, "idle": anything but HEADERS and PRIORITY ends the connection. RST_STREAM: see below.
void test_frames_on_idle_streams(void**) {
  for (const unsigned id : {5U, 2U, 0x7fffffffU}) {
    const std::pair<FrameScript, std::string> cases[] = {
        {FrameScript().data(id, "x"), "GOAWAY 3 PROTOCOL_ERROR DATA on an idle stream"},
        {FrameScript().window_update(id, 1), "GOAWAY 3 PROTOCOL_ERROR WINDOW_UPDATE on an idle stream"},
    };
    for (const auto& [script, goaway] : cases) {
      ReadyServer server;
      server.open(3);
      server.feed(script);
      expect(server.sent(), {goaway});
    }
  }
}

// RFC 9113 6.4.
void test_reset_of_an_idle_stream_on_a_fresh_connection(void**) {
  ReadyServer server;
  server.feed(FrameScript().rst_stream(1, ErrorCode::Cancel));
  expect(server.sent(), {"GOAWAY 0 PROTOCOL_ERROR RST_STREAM on an idle stream"});
}

void test_reset_of_a_stream_that_only_a_server_may_open(void**) {
  ReadyServer server;
  server.open(3);
  server.feed(FrameScript().rst_stream(2, ErrorCode::Cancel));
  expect(server.sent(), {"GOAWAY 3 PROTOCOL_ERROR RST_STREAM on an idle stream"});
}

// Against RFC 9113 6.4: gRPC's C library does so for calls that are cancelled before their HEADERS are written. The stream
// stays idle, and so do those below it.
void test_reset_of_an_idle_stream_beside_other_calls(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().rst_stream(7, ErrorCode::Cancel));
  expect(server.sent(), {});
  expect(server.received(), {});
  assert_int_equal(server.connection.last_peer_stream(), 1);
  for (const unsigned id : {3U, 5U, 7U, 9U}) {
    server.feed(FrameScript().headers(id, request(), kEndAll));
    assert_true(server.has_stream(id));
  }
  expect(server.sent(), {});
  assert_true(server.has_stream(1));
}

void test_reset_of_an_idle_stream_after_the_last_call(void**) {
  ReadyServer server;
  server.feed(FrameScript().headers(1, request(), kEndAll));
  server.send_headers(1, response(), true);
  server.sent();
  server.feed(FrameScript().rst_stream(3, ErrorCode::Cancel).headers(3, request()));
  expect(server.sent(), {});
  assert_true(server.has_stream(3));
}

void test_a_client_opens_odd_streams_only(void**) {
  ReadyServer server;
  server.feed(FrameScript().headers(2, request()));
  expect(server.sent(), {"GOAWAY 0 PROTOCOL_ERROR a client's stream with an even id"});
}

void test_continuation_needs_a_header_block(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().continuation(1, {}));
  expect(server.sent(), {"GOAWAY 1 PROTOCOL_ERROR CONTINUATION without a header block"});
}

// RFC 9113 5.1, "half-closed (remote)": a stream error STREAM_CLOSED; other calls continue.
void test_frames_on_a_stream_that_the_peer_has_ended(void**) {
  for (const FrameScript& script : {FrameScript().data(1, "x"), FrameScript().headers(1, request(), kEndAll)}) {
    ReadyServer server;
    ask(server);
    server.open(3);
    server.feed(script);
    expect(server.sent(), {"RST_STREAM 1 STREAM_CLOSED"});
    expect(server.received(), {"reset 1 STREAM_CLOSED"});
    assert_int_equal(server.connection.stream_count(), 1);
    assert_false(server.has_stream(1));
  }
}

void test_frames_that_are_allowed_after_end_stream(void**) {
  ReadyServer server;
  ask(server);
  server.feed(FrameScript().window_update(1, 7).priority(1).rst_stream(1, ErrorCode::Cancel));
  expect(server.received(), {"window 1", "reset 1 CANCEL by peer"});
  expect(server.sent(), {});
}

// RFC 9113 5.1, "closed".
void test_frames_on_a_closed_stream(void**) {
  {
    ReadyServer server;
    ask_and_answer(server);
    server.feed(FrameScript().data(1, "x"));
    expect(server.sent(), {"RST_STREAM 1 STREAM_CLOSED"});
    assert_false(server.connection.failed());
  }
  {
    ReadyServer server;
    ask_and_answer(server);
    server.feed(FrameScript().headers(1, request(), kEndAll));
    expect(server.sent(), {"GOAWAY 1 STREAM_CLOSED HEADERS on a closed stream"});
  }
  {
    ReadyServer server;
    ask_and_answer(server);
    server.feed(FrameScript().window_update(1, 1).rst_stream(1, ErrorCode::NoError).priority(1));
    expect(server.sent(), {});
    expect(server.received(), {});
  }
}

// Streams that we reset are distinguished from those that ended normally.
void test_frames_on_a_closed_stream_beside_resets(void**) {
  ReadyServer server;
  ask_and_answer(server);
  for (unsigned id = 3; id < 3 + 2 * 8; id += 2) {
    server.open(id);
    server.reset(id, ErrorCode::Cancel);
  }
  server.sent();
  server.feed(FrameScript().data(3, "under way").data(17, "under way").data(1, "x"));
  expect(server.sent(), {"RST_STREAM 1 STREAM_CLOSED"});
  server.feed(FrameScript().headers(1, request(), kEndAll));
  expect(server.sent(), {"GOAWAY 17 STREAM_CLOSED HEADERS on a closed stream"});
}

// RFC 7540 5.1, "closed": a stream error with one RST_STREAM. Other calls continue, and blocks are decoded.
void test_frames_after_the_peers_own_reset(void**) {
  const FrameScript frames[] = {
      FrameScript().data(1, "x"),
      FrameScript().headers(1, Block().remembered("kept", "yes"), kEndAll),
  };
  for (const FrameScript& first : frames) {
    for (const FrameScript& second : frames) {
      ReadyServer server;
      server.open(1);
      server.open(3);
      server.feed(FrameScript().rst_stream(1, ErrorCode::Cancel));
      expect(server.received(), {"reset 1 CANCEL by peer"});
      server.feed(first);
      expect(server.sent(), {"RST_STREAM 1 STREAM_CLOSED"});
      server.feed(second);
      expect(server.sent(), {});
      expect(server.received(), {});
      server.feed(FrameScript().headers(1, Block().remembered("kept", "yes"), kEndAll));
      server.feed(FrameScript().headers(3, Block().indexed(62), kEndAll));
      expect(server.received("field 3"), {"field 3 kept: yes"});
    }
  }
}

// Behind eight later resets, ours or the peer's, a stream that the peer has reset is closed like others.
void test_the_last_resets_of_the_peer_are_recorded(void**) {
  for (const bool by_peer : {true, false}) {
    for (const unsigned later : {7U, 8U}) {
      ReadyServer server;
      server.open(1);
      server.feed(FrameScript().rst_stream(1, ErrorCode::Cancel));
      for (unsigned id = 3; id < 3 + 2 * later; id += 2) {
        server.open(id);
        if (by_peer) {
          server.feed(FrameScript().rst_stream(id, ErrorCode::Cancel));
        } else {
          server.reset(id, ErrorCode::Cancel);
        }
      }
      server.sent();
      server.feed(FrameScript().headers(1, request(), kEndAll));
      expect(server.sent(), later < 8 ? Lines{"RST_STREAM 1 STREAM_CLOSED"}
                                      : Lines{"GOAWAY 17 STREAM_CLOSED HEADERS on a closed stream"});
    }
  }
}

// The peer's resets displace ours: what was under way on our streams is still no fault of the peer.
void test_the_peers_own_resets_do_not_hide_ours(void**) {
  ReadyServer server;
  server.open(1);
  server.reset(1, ErrorCode::Cancel);
  for (unsigned id = 3; id < 40; id += 2) {
    server.open(id);
    server.feed(FrameScript().rst_stream(id, ErrorCode::Cancel));
  }
  server.sent();
  server.feed(FrameScript().data(1, "under way").headers(1, Block().literal("a", "b"), kEndAll));
  expect(server.sent(), {});
}

// RFC 7540 5.3.1. The block of such HEADERS is decoded; frames after them may be in flight.
void test_headers_that_depend_on_themselves(void**) {
  for (const std::uint8_t flags : {kEndAll, mote::http2::kEndHeaders}) {
    ReadyServer server;
    server.open(1);
    server.feed(FrameScript().prioritized_headers(3, 3, request().remembered("kept", "yes"), flags).data(3, "x"));
    expect(server.sent(), {"RST_STREAM 3 PROTOCOL_ERROR"});
    expect(server.received(), {"open 3", "reset 3 PROTOCOL_ERROR"});
    server.feed(FrameScript().prioritized_headers(1, 0x80000001, Block().indexed(62), flags));
    expect(server.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
    server.feed(FrameScript().prioritized_headers(5, 7, request().indexed(62), kEndAll));
    expect(server.received("field 5 kept"), {"field 5 kept: yes"});
    assert_int_equal(server.connection.stream_count(), 1);
  }
}

void test_headers_that_depend_on_themselves_and_continue(void**) {
  ReadyServer server;
  const Octets block = request().remembered("kept", "yes").bytes();
  server.feed(FrameScript().prioritized_headers(1, 1, Block(), 0).continuation(1, block));
  expect(server.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
  server.feed(FrameScript().headers(3, request().indexed(62), kEndAll));
  expect(server.received("field 3 kept"), {"field 3 kept: yes"});
}

void test_priority_that_depends_on_itself(void**) {
  {
    ReadyServer server;
    server.open(3);
    server.feed(FrameScript().priority(3, 3));
    expect(server.sent(), {"RST_STREAM 3 PROTOCOL_ERROR"});
    expect(server.received(), {"reset 3 PROTOCOL_ERROR"});
  }
  {
    ReadyServer server;
    ask(server);
    server.feed(FrameScript().priority(1, 0x80000001));
    expect(server.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
  }
  {
    ReadyServer server;
    ask_and_answer(server);
    server.feed(FrameScript().priority(1, 1));
    expect(server.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
  }
  for (const unsigned id : {3U, 2U}) {
    ReadyServer server;
    server.open(1);
    server.feed(FrameScript().priority(id, id));
    expect(server.sent(), {"GOAWAY 1 PROTOCOL_ERROR an idle stream that depends on itself"});
  }
}

// RFC 9113 6.9: an increment of 0 is an error in every state, other increments on a closed stream are ignored.
void test_window_update_of_0_on_a_closed_stream(void**) {
  ReadyServer server;
  ask_and_answer(server);
  server.open(3);
  server.reset(3, ErrorCode::NoError);
  server.open(5);
  server.feed(FrameScript().rst_stream(5, ErrorCode::Cancel));
  server.sent();
  for (const unsigned id : {1U, 3U, 5U}) {
    server.feed(FrameScript().window_update(id, 0x7fffffff).window_update(id, 0x7fffffff));
    expect(server.sent(), {});
    server.feed(FrameScript().window_update(id, 0));
    expect(server.sent(), {"RST_STREAM " + std::to_string(id) + " PROTOCOL_ERROR"});
  }
  assert_false(server.connection.failed());
}

// RFC 9113 5.1.1: new streams have rising ids; one that was left out may never come.
void test_a_stream_id_that_was_skipped(void**) {
  ReadyServer server;
  server.open(5);
  server.feed(FrameScript().headers(3, request(), kEndAll));
  expect(server.sent(), {"GOAWAY 5 PROTOCOL_ERROR HEADERS on a closed stream"});
}

// Frames in flight when we reset a stream are not a fault of the peer.
void test_frames_after_our_reset_are_discarded(void**) {
  ReadyServer server;
  for (unsigned id = 1; id < 200; id += 2)
    server.open(id);
  for (unsigned id = 1; id < 200; id += 2)
    server.reset(id, ErrorCode::Cancel);
  server.sent();
  FrameScript script;
  for (unsigned id = 1; id < 200; id += 2) {
    script.data(id, "under way").window_update(id, 1).headers(id, Block().literal("a", "b"), kEndAll);
  }
  server.feed(script);
  expect(server.received(), {});
  expect(server.sent(), {});
}

// A field section in an ignored block still counts for the header table.
void test_blocks_after_our_reset_are_still_decoded(void**) {
  ReadyServer server;
  server.open(1);
  server.reset(1, ErrorCode::Cancel);
  server.feed(FrameScript().headers(1, Block().remembered("kept", "yes"), kEndAll));
  server.feed(FrameScript().headers(3, request().indexed(62), kEndAll));
  expect(server.received("field 3 kept"), {"field 3 kept: yes"});
}

void test_a_second_section_must_end_the_stream(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().headers(1, Block().remembered("kept", "yes")));
  expect(server.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
  expect(server.received(), {"reset 1 PROTOCOL_ERROR"});
  server.feed(FrameScript().headers(3, request().indexed(62), kEndAll));
  expect(server.received("field 3 kept"), {"field 3 kept: yes"});
}

// RFC 9113 5.1.2.
void test_one_stream_more_than_announced_is_refused(void**) {
  ReadyServer server(ConnectionLimits{.streams = 2});
  server.open(1);
  server.open(3);
  server.feed(FrameScript().headers(5, request().remembered("kept", "yes")).data(5, "dropped", kEndStream));
  expect(server.received(), {"limit streams"});
  expect(server.sent(), {"RST_STREAM 5 REFUSED_STREAM"});
  server.feed(FrameScript().rst_stream(1, ErrorCode::Cancel).headers(7, request().indexed(62), kEndAll));
  expect(server.received("field 7 kept"), {"field 7 kept: yes"});
}

void test_a_stream_that_the_owner_refuses(void**) {
  ReadyServer server;
  server.events.accepts_streams = false;
  server.feed(FrameScript().headers(1, request(), kEndAll));
  expect(server.received(), {"refuse 1"});
  expect(server.sent(), {"RST_STREAM 1 REFUSED_STREAM"});
  assert_int_equal(server.connection.last_peer_stream(), 1);
}

// RFC 9113 8.1.1: content-length and DATA agree.
void test_content_length(void**) {
  struct Case {
    std::string_view length;
    std::string_view data;
    bool right;
  };
  for (const auto& [length, data, right] : {Case{"3", "abc", true},
                                            {"0", "", true},
                                            {"0", "x", false},
                                            {"3", "ab", false},
                                            {"3", "abcd", false},
                                            {"1", "", false}}) {
    ReadyServer server;
    server.feed(FrameScript().headers(1, request({{"content-length", length}})).padded_data(1, data, 5, kEndStream));
    expect(server.sent(), right ? Lines{} : Lines{"RST_STREAM 1 PROTOCOL_ERROR"});
    assert_int_equal(server.received("half-close").size(), right);
  }
  ReadyServer server;
  server.feed(FrameScript().headers(9, request({{"content-length", "0"}}), kEndAll));
  expect(server.received("section"), {"section 9 end"});
  server.feed(FrameScript().headers(11, request({{"content-length", "1"}}), kEndAll));
  expect(server.sent(), {"RST_STREAM 11 PROTOCOL_ERROR"});
  server.feed(FrameScript().headers(13, request({{"content-length", "9"}})).headers(13, Block(), kEndAll));
  expect(server.sent(), {"RST_STREAM 13 PROTOCOL_ERROR"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_complete_call),
      cmocka_unit_test(test_trailers_of_a_request),
      cmocka_unit_test(test_streams_are_listed_oldest_first),
      cmocka_unit_test(test_frames_on_idle_streams),
      cmocka_unit_test(test_reset_of_an_idle_stream_on_a_fresh_connection),
      cmocka_unit_test(test_reset_of_a_stream_that_only_a_server_may_open),
      cmocka_unit_test(test_reset_of_an_idle_stream_beside_other_calls),
      cmocka_unit_test(test_reset_of_an_idle_stream_after_the_last_call),
      cmocka_unit_test(test_a_client_opens_odd_streams_only),
      cmocka_unit_test(test_continuation_needs_a_header_block),
      cmocka_unit_test(test_frames_on_a_stream_that_the_peer_has_ended),
      cmocka_unit_test(test_frames_that_are_allowed_after_end_stream),
      cmocka_unit_test(test_frames_on_a_closed_stream),
      cmocka_unit_test(test_frames_on_a_closed_stream_beside_resets),
      cmocka_unit_test(test_frames_after_the_peers_own_reset),
      cmocka_unit_test(test_the_last_resets_of_the_peer_are_recorded),
      cmocka_unit_test(test_the_peers_own_resets_do_not_hide_ours),
      cmocka_unit_test(test_headers_that_depend_on_themselves),
      cmocka_unit_test(test_headers_that_depend_on_themselves_and_continue),
      cmocka_unit_test(test_priority_that_depends_on_itself),
      cmocka_unit_test(test_window_update_of_0_on_a_closed_stream),
      cmocka_unit_test(test_a_stream_id_that_was_skipped),
      cmocka_unit_test(test_frames_after_our_reset_are_discarded),
      cmocka_unit_test(test_blocks_after_our_reset_are_still_decoded),
      cmocka_unit_test(test_a_second_section_must_end_the_stream),
      cmocka_unit_test(test_one_stream_more_than_announced_is_refused),
      cmocka_unit_test(test_a_stream_that_the_owner_refuses),
      cmocka_unit_test(test_content_length),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
