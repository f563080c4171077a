// What an owner does inside an event, and between the pieces of one: resets, answers, failures, letting go.
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ErrorCode;
using mote::http2::kEndStream;

// The owner may end a stream from inside most events.
void test_resets_from_inside_events(void**) {
  for (const std::string at : {"section 1", "data 1 a", "half-close 1"}) {
    ReadyServer server;
    server.events.then = [&](std::string_view line, mote::http2::Stream* stream) {
      if (line != at) return;
      server.connection.reset(*stream, ErrorCode::NoError, server.out);
      server.events.streams.erase(1);
    };
    FrameScript script;
    script.headers(1, request()).data(1, "a").data(1, "b", kEndStream);
    if (at.starts_with("half")) {
      server.feed(script);
    } else {
      server.feed_in_pieces(script.bytes(), [] { return 1U; });
    }
    expect(server.sent(), {"RST_STREAM 1 NO_ERROR"});
    server.open(3);
    assert_int_equal(server.connection.stream_count(), 1);
  }
}

void test_answers_from_inside_events(void**) {
  ReadyServer server;
  server.events.then = [&](std::string_view line, mote::http2::Stream* stream) {
    if (!line.starts_with("section")) return;
    assert_true(server.connection.send_headers(*stream, response().bytes(), true, server.out));
  };
  server.feed(FrameScript().headers(1, request(), kEndAll).headers(3, request()).data(3, "late", kEndStream));
  expect(server.sent(), {"HEADERS 1 end", "HEADERS 3 end"});
  assert_int_equal(server.connection.stream_count(), 0);
  assert_true(server.events.streams.empty());
}

void test_streams_are_released_at_the_end(void**) {
  ReadyServer server;
  for (const unsigned id : {1U, 3U, 5U})
    server.open(id);
  server.feed(FrameScript().priority(0));
  server.sent();
  while (server.connection.first_stream() != nullptr)
    server.connection.remove(*server.connection.first_stream());
  assert_int_equal(server.connection.stream_count(), 0);
  expect(server.sent(), {});
}

// When receive() returns, each stream is either open or has been returned to its owner.
void test_an_end_whose_padding_is_to_come(void**) {
  ReadyServer server;
  server.open(1);
  assert_true(server.send_headers(1, response(), true));
  const Octets bytes = FrameScript().padded_data(1, "last", 9, kEndStream).bytes();
  server.feed(Octets(bytes.begin(), bytes.end() - 1));
  expect(server.received(), {"data 1 last"});
  assert_false(server.stream(1).remote_closed);
  assert_int_equal(server.connection.stream_count(), 1);
  server.feed({bytes.back()});
  expect(server.received(), {"half-close 1"});
  assert_int_equal(server.connection.stream_count(), 0);
}

void test_the_last_data_is_known_as_such(void**) {
  for (const std::size_t size : {1U, 1000U}) {
    ReadyServer server;
    server.open(1);
    Lines ends;
    server.events.then = [&](std::string_view line, mote::http2::Stream* stream) {
      const bool last = line.starts_with("data") || line.starts_with("section");
      if (last && stream->remote_closed) ends.emplace_back(line);
    };
    FrameScript script;
    script.data(1, "abc").data(1, "def", kEndStream).headers(3, request(), kEndAll);
    server.feed_in_pieces(script.bytes(), [=] { return size; });
    expect(ends, {"data 1 abcdef", "section 3 end"});
  }
}

void test_a_failure_from_inside_events(void**) {
  for (const std::string_view at : {"open 1", "section 1", "data 1 a", "half-close 1", "window 1"}) {
    ReadyServer server;
    server.events.then = [&](std::string_view line, mote::http2::Stream*) {
      if (line == at) server.connection.fail(ErrorCode::InternalError, "told to", server.out);
    };
    server.feed(FrameScript().headers(1, request()).window_update(1, 1).data(1, "a", kEndStream).ping(1));
    expect(server.sent(), {"GOAWAY 1 INTERNAL_ERROR told to"});
    assert_true(server.connection.failed());
  }
}

// The frames of a header block may come far apart.
void test_resets_in_the_middle_of_a_header_block(void**) {
  const Octets block = request().remembered("kept", "yes").bytes();
  for (const unsigned reset : {1U, 3U}) {
    ReadyServer server;
    server.open(1);
    server.feed(FrameScript().headers(3, Block(), 0));
    server.reset(reset, ErrorCode::Cancel);
    server.received();
    server.sent();
    server.feed(FrameScript().continuation(3, block));
    expect(server.received("section"), reset == 1 ? Lines{"section 3"} : Lines{});
    expect(server.sent(), {});
    server.feed(FrameScript().headers(5, request().indexed(62), kEndAll));
    expect(server.received("field 5 kept"), {"field 5 kept: yes"});
  }
}

void test_a_failure_when_a_section_ends_its_stream(void**) {
  ReadyServer server;
  server.events.then = [&](std::string_view line, mote::http2::Stream*) {
    if (line.starts_with("section")) server.connection.fail(ErrorCode::InternalError, "told to", server.out);
  };
  server.feed(FrameScript().headers(1, request(), kEndAll).ping(1));
  expect({server.received().back()}, {"error INTERNAL_ERROR told to"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_resets_from_inside_events),
      cmocka_unit_test(test_answers_from_inside_events),
      cmocka_unit_test(test_streams_are_released_at_the_end),
      cmocka_unit_test(test_an_end_whose_padding_is_to_come),
      cmocka_unit_test(test_the_last_data_is_known_as_such),
      cmocka_unit_test(test_a_failure_from_inside_events),
      cmocka_unit_test(test_resets_in_the_middle_of_a_header_block),
      cmocka_unit_test(test_a_failure_when_a_section_ends_its_stream),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
