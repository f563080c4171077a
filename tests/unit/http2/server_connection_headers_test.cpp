// Header blocks: how they are cut (RFC 9113 4.3, 6.10), what may stand in them (8.2, 8.3), their limits, and that the HPACK
// state outlives every refusal.
#include <algorithm>

#include "support/cmocka_test.h"
#include "support/hex.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ConnectionLimits;
using mote::http2::ErrorCode;
using mote::http2::FrameType;
using mote::http2::kEndHeaders;
using mote::http2::kEndStream;
using mote::http2::Stream;
using mote::http2::StreamId;

// That the entry which `first` put into the table is still there for stream 3.
void expect_kept(ReadyServer& server) {
  server.received();
  server.feed(FrameScript().headers(3, request().indexed(62), kEndAll));
  expect(server.received("field 3 kept"), {"field 3 kept: yes"});
}

void test_a_block_in_many_frames(void**) {
  const Octets block = request({{"a", "b"}}).bytes();
  ReadyServer server;
  FrameScript script;
  script.frame(FrameType::Headers, kEndStream, 1, {});
  for (std::size_t i = 0; i < 3; ++i)
    script.continuation(
        1, {block.begin() + static_cast<std::ptrdiff_t>(i), block.begin() + static_cast<std::ptrdiff_t>(i) + 1}, 0);
  script.continuation(1, {}, 0);
  assert_int_equal(server.feed(script), 0);
  assert_true(server.connection.in_header_block());
  server.feed(FrameScript().continuation(1, {block.begin() + 3, block.end()}));
  assert_false(server.connection.in_header_block());
  const Lines received = server.received();
  expect({received.end() - 3, received.end()}, {"field 1 a: b", "section 1 end", "half-close 1"});
}

// RFC 9113 6.10: nothing may stand between the frames of a block, and nothing else may carry it on.
void test_an_interrupted_block(void**) {
  const FrameScript between[] = {FrameScript().ping(1),
                                 FrameScript().settings(),
                                 FrameScript().data(1, "x"),
                                 FrameScript().headers(1, request()),
                                 FrameScript().headers(3, request()),
                                 FrameScript().continuation(3, {}),
                                 FrameScript().priority(1),
                                 FrameScript().window_update(0, 1),
                                 FrameScript().rst_stream(1, mote::http2::ErrorCode::Cancel),
                                 FrameScript().frame(0x20, 0, 1, {}),
                                 FrameScript().goaway(0, mote::http2::ErrorCode::NoError)};
  for (const FrameScript& script : between) {
    ReadyServer server;
    server.feed(FrameScript().headers(1, request(), 0));
    server.received();
    server.feed(script);
    expect(server.sent(), {"GOAWAY 1 PROTOCOL_ERROR header block interrupted"});
  }
}

void test_end_stream_on_continuation_means_nothing(void**) {
  ReadyServer server;
  server.feed(FrameScript().headers(1, request(), 0).continuation(1, {}, kEndHeaders | kEndStream));
  expect(server.received("section"), {"section 1"});
}

void test_blocks_that_hpack_cannot_read(void**) {
  const Octets blocks[] = {
      {0x80}, {0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, {0x3f, 0xe1, 0x7f}, {0x40, 0x01, 'a', 0x81, 0x00}};
  for (const Octets& block : blocks) {
    ReadyServer server;
    server.feed(FrameScript().frame(FrameType::Headers, kEndAll, 1, block));
    expect(server.sent(), {"GOAWAY 1 COMPRESSION_ERROR HPACK"});
  }
  ReadyServer server;
  server.feed(FrameScript().frame(FrameType::Headers, kEndAll, 1, {0x40, 0x05, 'a'}));
  expect(server.sent(), {"GOAWAY 1 COMPRESSION_ERROR header block cut short"});
}

// RFC 9113 8.1.1: a stream error, and the other calls never know.
void test_malformed_requests(void**) {
  const Block blocks[] = {
      Block(),
      Block().literal(":method", "POST").literal(":scheme", "http"),
      Block().literal(":scheme", "http").literal(":path", "/"),
      Block().literal(":method", "POST").literal(":path", "/"),
      request().literal(":path", "/"),
      request({{"a", "b"}}).literal(":authority", "late"),
      request({{":status", "200"}}),
      request({{":unknown", "x"}}),
      request({{"Upper", "x"}}),
      request({{"", "x"}}),
      request({{"a b", "x"}}),
      request({{"a", "x\r\ny"}}),
      request({{"te", " trailers"}}),
      request({{"connection", "close"}}),
      request({{"transfer-encoding", "chunked"}}),
      request({{"te", "gzip"}}),
      request({{"content-length", "1"}, {"content-length", "2"}}),
      request({{"content-length", "-1"}}),
      Block().literal(":method", "POST").literal(":scheme", "http").literal(":path", "no-slash"),
  };
  for (const Block& block : blocks) {
    ReadyServer server;
    server.feed(FrameScript().headers(1, Block(block).remembered("kept", "yes")));
    expect(server.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
    const Lines received = server.received();
    expect({received.end() - 1, received.end()}, {"reset 1 PROTOCOL_ERROR"});
    assert_int_equal(std::count_if(received.begin(), received.end(),
                                   [](std::string_view line) { return line.starts_with("malformed 1"); }),
                     1);
    assert_int_equal(server.connection.stream_count(), 0);
    expect_kept(server);
  }
}

// The first fault is reported, and valid fields after it are still passed on.
void test_the_malformed_field_is_named(void**) {
  ReadyServer server;
  server.feed(FrameScript().headers(1, request({{"a", "1\n"}, {"te", "gzip"}, {"content-type", "application/grpc"}})));
  expect(server.received(),
         {"open 1", "field 1 :method: POST", "field 1 :scheme: http", "field 1 :path: /echo.Echo/Reply",
          "malformed 1 a", "field 1 content-type: application/grpc", "reset 1 PROTOCOL_ERROR"});
  server.feed(FrameScript().headers(3, Block().literal(":method", "POST")));
  expect(server.received("malformed"), {"malformed 3"});
  server.open(5);
  server.feed(FrameScript().headers(5, Block().literal("x", "\r"), kEndAll));
  expect(server.received("malformed"), {"malformed 5 x"});
}

// PROTOCOL-HTTP2.md, "Custom-Metadata".
void test_whitespace_around_custom_metadata_is_trimmed(void**) {
  ReadyServer server;
  server.feed(FrameScript().headers(1, request({{"a", " \tx y\t"}, {"b-bin", "AA "}, {"c", " "}})));
  expect(server.sent(), {});
  expect(server.received("field 1 a"), {"field 1 a: x y"});
  server.feed(FrameScript().headers(3, request({{"b-bin", "AA "}, {"c", " "}})));
  expect(server.received("field 3 b"), {"field 3 b-bin: AA"});
  server.feed(FrameScript().headers(1, Block().literal("t", " v "), kEndAll));
  expect(server.received("field 1 t"), {"field 1 t: v"});
}

// RFC 9113 8.1.1: a response may come before the stream is closed or reset.
void test_a_malformed_request_may_be_answered_first(void**) {
  const Block answer = Block().literal(":status", "200");
  for (const bool ended : {false, true}) {
    ReadyServer server(ConnectionLimits{.reset_budget = 3});
    server.events.answers = true;
    server.events.then = [&](std::string_view line, Stream* stream) {
      if (!line.starts_with("section") && !line.starts_with("trailers")) return;
      assert_true(line.ends_with("malformed"));
      const StreamId id = stream->id;
      const bool whole = stream->remote_closed;
      assert_int_equal(whole, ended);
      assert_true(server.connection.send_headers(*stream, answer.bytes(), true, server.out));
      if (!whole) server.connection.reset(*stream, ErrorCode::ProtocolError, server.out);
      server.events.streams.erase(id);
    };
    for (const unsigned id : {1U, 3U, 5U}) {
      server.feed(FrameScript().headers(id, request({{"a", "\n"}}), ended ? kEndAll : kEndHeaders));
      const std::string number = std::to_string(id);
      Lines sent = {"HEADERS " + number + " end"};
      if (!ended) sent.push_back("RST_STREAM " + number + " PROTOCOL_ERROR");
      expect(server.sent(), sent);
      assert_int_equal(server.connection.stream_count(), 0);
    }
    // Each cost the peer a reset.
    server.feed(FrameScript().headers(7, request({{"a", "\n"}}), ended ? kEndAll : kEndHeaders));
    const Lines sent = server.sent();
    assert_string_equal(sent.back().c_str(), "GOAWAY 7 ENHANCE_YOUR_CALM too many resets");
  }
}

void test_malformed_trailers(void**) {
  for (const Block& block : {Block().literal(":path", "/"), Block().literal("UP", "x"), Block().literal("te", "x")}) {
    ReadyServer server;
    server.open(1);
    server.feed(FrameScript().headers(1, Block(block).remembered("kept", "yes"), kEndAll));
    expect(server.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
    expect_kept(server);
  }
}

// --- Limits: the request is passed on as too large, and decoded to its end ---

void test_header_bytes_as_announced(void**) {
  const std::string_view own[] = {":method", "POST", ":scheme", "http", ":path", "/echo.Echo/Reply"};
  std::size_t used = std::size_t{3} * 32;
  for (const std::string_view text : own)
    used += text.size();
  for (const bool fits : {true, false}) {
    ReadyServer server(ConnectionLimits{.header_bytes = 1000});
    const std::string value(1000 - used - 32 - 1 + (fits ? 0 : 1), 'v');
    server.feed(FrameScript().headers(1, request({{"n", value}}), kEndAll));
    if (fits) {
      expect(server.received("section"), {"section 1 end"});
    } else {
      const Lines received = server.received();
      expect({received.end() - 3, received.end()}, {"limit header bytes", "section 1 end too large", "half-close 1"});
    }
  }
}

void test_header_fields(void**) {
  ReadyServer server(ConnectionLimits{.header_fields = 5});
  server.feed(FrameScript().headers(1, request({{"a", ""}, {"b", ""}}), kEndAll));
  expect(server.received("section"), {"section 1 end"});
  server.feed(FrameScript().headers(3, request({{"a", ""}, {"b", ""}, {"c", ""}, {"UP", ""}}), kEndAll));
  const Lines received = server.received();
  expect({received.end() - 4, received.end()},
         {"field 3 b: ", "limit header fields", "section 3 end too large", "half-close 3"});
}

void test_a_block_above_the_limits_is_decoded_to_its_end(void**) {
  ReadyServer server(ConnectionLimits{.header_bytes = 1000});
  server.feed(FrameScript().headers(1, request({{"n", std::string(1500, 'v')}}).remembered("kept", "yes")));
  expect(server.received("limit"), {"limit header bytes"});
  assert_true(server.has_stream(1));
  expect_kept(server);
}

void test_a_field_larger_than_scratch(void**) {
  ReadyServer server;
  const Octets block = request({{"n", std::string(10000, 'v')}}).remembered("kept", "yes").bytes();
  server.feed_in_pieces(FrameScript().frame(FrameType::Headers, kEndAll, 1, block).bytes(), [] { return 100U; });
  expect(server.received("limit"), {"limit header bytes"});
  expect_kept(server);
}

void test_the_same_small_entry_again_and_again(void**) {
  ReadyServer server;
  Block bomb = request().remembered("n", std::string(900, 'v'));
  for (int i = 0; i < 10000; ++i)
    bomb.indexed(62);
  server.feed(FrameScript().headers(1, bomb, kEndAll));
  expect(server.received("limit"), {"limit header bytes", "limit header excess"});
  expect({server.sent().back()}, {"GOAWAY 1 ENHANCE_YOUR_CALM header block far above the limits"});
}

void test_trailers_have_the_same_limits(void**) {
  ReadyServer server(ConnectionLimits{.header_fields = 3});
  server.open(1);
  Block trailers;
  for (int i = 0; i < 4; ++i)
    trailers.literal("n", "v");
  server.feed(FrameScript().headers(1, trailers, kEndAll));
  expect(server.received("trailers"), {"trailers 1 end too large"});
}

void test_header_frames(void**) {
  ReadyServer server(ConnectionLimits{.header_frames = 3});
  server.feed(FrameScript().headers(1, request(), 0).continuation(1, {}, 0).continuation(1, {}));
  for (unsigned id = 3; id < 9; id += 2)
    server.feed(FrameScript().headers(id, request(), 0).continuation(id, {}));
  expect(server.received("section"), {"section 1", "section 3", "section 5", "section 7"});
  server.feed(
      FrameScript().headers(9, request(), 0).continuation(9, {}, 0).continuation(9, {}, 0).continuation(9, {}, 0));
  expect(server.received("limit"), {"limit header frames"});
  expect(server.sent(), {"GOAWAY 9 ENHANCE_YOUR_CALM header block in too many frames"});
}

// --- The peer's header table ---

std::string large(char c) {
  std::string text(1000, c);
  return text;
}

// What gRPC clients put there stays in the small part of the storage.
void test_a_small_table_leaves_the_reserve_alone(void**) {
  ReadyServer server;
  Block block = request();
  for (int i = 0; i < 16; ++i)
    block.remembered("name-" + std::to_string(10 + i),
                     "value of 16 byte");  // 55 bytes of the table each, 27 of storage.
  server.feed(FrameScript().headers(1, block, kEndAll));
  assert_false(server.connection.table_in_reserve());
  server.received();
  server.feed(FrameScript().headers(3, request().indexed(62).indexed(77), kEndAll));
  expect(server.received("field 3 name"), {"field 3 name-25: value of 16 byte", "field 3 name-10: value of 16 byte"});
}

void test_a_large_table_moves_to_the_reserve(void**) {
  ReadyServer server;
  server.feed(
      FrameScript().headers(1, request().remembered("a", large('a')).remembered("b", large('b')).remembered("c", "3")));
  assert_true(server.connection.table_in_reserve());
  server.received();
  server.feed(FrameScript().headers(3, request().indexed(62).indexed(63).indexed(64), kEndAll));
  expect(server.received("field 3 a"), {"field 3 a: " + large('a')});
}

// libnghttp2, nginx and all others begin with 4,096 bytes, regardless of what we announce.
void test_all_of_the_table_before_the_acknowledgement(void**) {
  for (const std::uint32_t announced : {0U, 100U, 768U, 4096U}) {
    ServerEnd server(ConnectionLimits{.header_table_bytes = announced});
    server.start();
    const std::string value(4096 - 32 - 1, 'v');
    server.feed(hello().headers(1, request().remembered("f", value)));
    server.received();
    server.feed(FrameScript().headers(3, request().indexed(62), kEndAll));
    expect(server.received("field 3 f"), {"field 3 f: " + value});
    server.feed(
        FrameScript().frame(FrameType::Headers, kEndAll, 5, Block().table_size(4096).bytes() + request().bytes()));
    expect(server.received("section 5"), {"section 5 end"});
    server.feed(FrameScript().headers(7, Block().table_size(4097)));
    expect(server.received("error"), {"error COMPRESSION_ERROR HPACK"});
  }
}

// As Go's net/http up to 1.19 does it: entries from before the acknowledgement, and no size update after it.
void test_no_size_update_after_the_acknowledgement(void**) {
  ServerEnd server;
  server.start();
  server.feed(hello().headers(1, request().remembered("kept", large('a')), kEndAll));
  server.feed(FrameScript().settings_ack());
  server.received();
  server.feed(FrameScript().headers(3, request().indexed(62).remembered("more", large('b')), kEndAll));
  server.feed(FrameScript().headers(5, request().indexed(63).indexed(62), kEndAll));
  expect(server.received("field 5 kept"), {"field 5 kept: " + large('a')});
  expect(server.sent(), {"SETTINGS 3=100 1=4096 6=8192 4=65535", "SETTINGS ack"});
}

// The bytes of nginx 1.22 (grpc_pass, upstream with keepalive): every request puts its :path and :authority into the table
// again, and none begins with a size update. The calls of one connection fill the table many times over.
void test_the_bytes_of_nginx(void**) {
  const Octets block = from_hex(
      "83 86 44 8c 60a49cebe024e763696ba3d7 41 02 7570 00 02 7465 86 4d833505b11f"
      "00 89 21ea496a4ac9f5597f 8b 1d75d0620d263d4c4d6564");
  const auto call = [&](std::uint32_t id) { return FrameScript().frame(FrameType::Headers, kEndHeaders, id, block); };
  const Octets message = octets(std::string("\0\0\0\0\3\n\1a", 8));
  ServerEnd server;
  server.start();
  server.feed(FrameScript().preface().settings({{1, 0}, {2, 0}, {4, 0x7fffffff}}).window_update(0, 0x7fff0000));
  server.feed(call(1).frame(FrameType::Data, kEndStream, 1, message).settings_ack());
  for (std::uint32_t id = 1; id < 400; id += 2) {
    assert_true(server.send_headers(id, response(), true));
    server.drain();
    server.feed(call(id + 2).frame(FrameType::Data, kEndStream, id + 2, message));
  }
  expect(server.received("field 401"),
         {"field 401 :method: POST", "field 401 :scheme: http", "field 401 :path: /echo.Echo/Reply",
          "field 401 :authority: up", "field 401 te: trailers", "field 401 content-type: application/grpc"});
  assert_false(server.connection.goaway_sent());
}

constexpr ConnectionLimits kLowered{.header_table_bytes = 1024};

void test_a_lowered_table_needs_a_size_update(void**) {
  ServerEnd server(kLowered);
  server.start();
  server.feed(hello().headers(1, request().remembered("a", "b"), kEndAll));
  server.feed(FrameScript().settings_ack().headers(3, request(), kEndAll));
  expect(server.sent(), {"SETTINGS 3=100 1=1024 6=8192 4=65535", "SETTINGS ack", "GOAWAY 3 COMPRESSION_ERROR HPACK"});
}

void test_what_fits_a_lowered_table_survives(void**) {
  ServerEnd server(kLowered);
  server.start();
  server.feed(hello().headers(1, request().remembered("a", large('a')).remembered("c", "3")));
  Block next;
  next.table_size(1024).literal(":method", "POST").literal(":scheme", "http").literal(":path", "/").indexed(62);
  server.feed(FrameScript().settings_ack());
  server.received();
  server.feed(FrameScript().headers(3, next, kEndAll));
  expect(server.received("field 3 c"), {"field 3 c: 3"});
  server.feed(FrameScript().headers(5, request().indexed(63)));
  expect(server.received("error"), {"error COMPRESSION_ERROR HPACK"});
}

void test_a_lowered_table_size_stays_in_force(void**) {
  ReadyServer server(kLowered);
  server.open(1);
  server.feed(FrameScript().headers(3, Block().table_size(1025)));
  expect(server.sent(), {"GOAWAY 3 COMPRESSION_ERROR HPACK"});
}

void test_a_connection_without_a_table(void**) {
  ReadyServer server(ConnectionLimits{.header_table_bytes = 0});
  server.feed(FrameScript().headers(1, request().remembered("a", "b"), kEndAll));
  expect(server.received("field 1 a"), {"field 1 a: b"});
  server.feed(FrameScript().headers(3, request().indexed(62), kEndAll));
  expect(server.received("error"), {"error COMPRESSION_ERROR HPACK"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_block_in_many_frames),
      cmocka_unit_test(test_an_interrupted_block),
      cmocka_unit_test(test_end_stream_on_continuation_means_nothing),
      cmocka_unit_test(test_blocks_that_hpack_cannot_read),
      cmocka_unit_test(test_malformed_requests),
      cmocka_unit_test(test_the_malformed_field_is_named),
      cmocka_unit_test(test_whitespace_around_custom_metadata_is_trimmed),
      cmocka_unit_test(test_a_malformed_request_may_be_answered_first),
      cmocka_unit_test(test_malformed_trailers),
      cmocka_unit_test(test_header_bytes_as_announced),
      cmocka_unit_test(test_header_fields),
      cmocka_unit_test(test_a_block_above_the_limits_is_decoded_to_its_end),
      cmocka_unit_test(test_a_field_larger_than_scratch),
      cmocka_unit_test(test_the_same_small_entry_again_and_again),
      cmocka_unit_test(test_trailers_have_the_same_limits),
      cmocka_unit_test(test_header_frames),
      cmocka_unit_test(test_a_small_table_leaves_the_reserve_alone),
      cmocka_unit_test(test_a_large_table_moves_to_the_reserve),
      cmocka_unit_test(test_all_of_the_table_before_the_acknowledgement),
      cmocka_unit_test(test_no_size_update_after_the_acknowledgement),
      cmocka_unit_test(test_the_bytes_of_nginx),
      cmocka_unit_test(test_a_lowered_table_needs_a_size_update),
      cmocka_unit_test(test_what_fits_a_lowered_table_survives),
      cmocka_unit_test(test_a_lowered_table_size_stays_in_force),
      cmocka_unit_test(test_a_connection_without_a_table),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
