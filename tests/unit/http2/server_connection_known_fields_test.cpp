// Requests that begin with the same references to header tables as the previous one: they are not decoded again, but reported.
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ConnectionLimits;
using mote::http2::FrameType;
using mote::http2::kEndStream;

// :method POST, :scheme http, and :path, which the block before has added to the table.
Block known(std::uint32_t path = 62) {
  return Block().indexed(3).indexed(6).indexed(path);
}

// A server that has the result of known() from streams 1, 3 and 5: stream 1 fills the table, the block of stream 3 is stored,
// and the block of stream 5, which is equal, is decoded once more to store its result.
struct KnowingServer : ReadyServer {
  explicit KnowingServer(const ConnectionLimits& chosen = {}) : ReadyServer(chosen) {
    feed(FrameScript().headers(1, Block().indexed(3).indexed(6).remembered(":path", "/a"), kEndAll));
    feed(FrameScript().headers(3, known(), kEndAll).headers(5, known(), kEndAll));
    expect(received("field 5"), {"field 5 :method: POST", "field 5 :scheme: http", "field 5 :path: /a"});
    assert_int_equal(events.known_fields_received, 0);
  }
  // `count` streams from `first` on, all with this block.
  void feed_streams(std::uint32_t first, std::uint32_t count, const Block& block) {
    for (std::uint32_t i = 0; i < count; ++i)
      feed(FrameScript().headers(first + 2 * i, block, kEndAll));
  }
};

void test_the_same_block_again(void**) {
  KnowingServer server;
  server.feed_streams(7, 2, known());
  expect(server.received("field 9"), {"field 9 :method: POST", "field 9 :scheme: http", "field 9 :path: /a"});
  assert_int_equal(server.events.known_fields_received, 2);
  assert_true(server.has_stream(9));
}

void test_an_owner_that_does_not_keep_fields(void**) {
  KnowingServer server;
  server.events.keeps_fields = false;
  const Block other = Block(known()).indexed(16);
  server.feed_streams(7, 4, other);
  expect(server.received("field 13 :"), {"field 13 :method: POST", "field 13 :scheme: http", "field 13 :path: /a"});
  assert_int_equal(server.events.known_fields_received, 1);  // known() on stream 7, from before.
}

// nghttp2 sends :path as a literal, gRPC sends deadlines so: literals that stay the same are known too.
void test_literals_are_known(void**) {
  KnowingServer server;
  const Block block = Block().indexed(3).indexed(6).literal(":path", "/b").literal("te", "trailers");
  server.feed_streams(7, 4, block);
  expect(server.received("field 13"),
         {"field 13 :method: POST", "field 13 :scheme: http", "field 13 :path: /b", "field 13 te: trailers"});
  assert_int_equal(server.events.known_fields_received, 2);
}

void test_what_differs_is_decoded(void**) {
  KnowingServer server;
  server.feed(FrameScript().headers(7, known().literal("grpc-timeout", "1S").indexed(16), kEndAll));
  server.feed(FrameScript().headers(9, known().literal("grpc-timeout", "2S").indexed(16), kEndAll));
  expect(server.received("field 9"), {"field 9 :method: POST", "field 9 :scheme: http", "field 9 :path: /a",
                                      "field 9 grpc-timeout: 2S", "field 9 accept-encoding: gzip, deflate"});
  assert_int_equal(server.events.known_fields_received, 2);
}

// The same references mean other fields as soon as the table has changed.
void test_a_changed_table(void**) {
  KnowingServer server;
  server.feed_streams(7, 1, known().remembered(":scheme", "x"));
  expect(server.sent(), {"RST_STREAM 7 PROTOCOL_ERROR"});
  server.received();
  server.feed_streams(9, 3, known(63));
  expect(server.received("field 13 :path"), {"field 13 :path: /a"});
  assert_int_equal(server.events.known_fields_received, 2);  // Of streams 7, before the change, and 13.
  server.sent();
  server.feed_streams(15, 1, known());  // 62 is :scheme now.
  expect(server.sent(), {"RST_STREAM 15 PROTOCOL_ERROR"});
}

void test_a_table_that_was_emptied(void**) {
  KnowingServer server;
  server.feed(FrameScript().headers(7, Block().table_size(0).table_size(1024).indexed(3), kEndAll));
  server.sent();
  server.feed_streams(9, 1, known());
  expect(server.sent(), {"GOAWAY 9 COMPRESSION_ERROR HPACK"});
  assert_int_equal(server.events.known_fields_received, 0);
}

// RFC 7541 4.2: a size update precedes all fields, known ones too.
void test_a_size_update_after_known_fields(void**) {
  KnowingServer server;
  server.feed_streams(7, 1, known().table_size(0));
  expect(server.sent(), {"GOAWAY 7 COMPRESSION_ERROR HPACK"});
}

void test_a_longer_block_is_stored_to_its_end(void**) {
  KnowingServer server;
  server.feed_streams(7, 4, known().indexed(16));
  expect(server.received("field 13 accept"), {"field 13 accept-encoding: gzip, deflate"});
  assert_int_equal(server.events.known_fields_received, 3);  // known() on stream 7, all of it on 11 and 13.
}

void test_a_shorter_block_is_another(void**) {
  KnowingServer server;
  server.feed_streams(7, 1, Block().indexed(3).indexed(6));
  assert_int_equal(server.events.known_fields_received, 0);
  expect(server.sent(), {"RST_STREAM 7 PROTOCOL_ERROR"});  // No :path.
}

void test_more_fields_than_can_be_stored(void**) {
  KnowingServer server({.header_fields = 400});
  Block block = known();
  for (int i = 0; i < 300; ++i)
    block.literal("a", "");
  server.feed_streams(7, 4, block);
  assert_int_equal(server.received("section 13").size(), 1);
  assert_true(server.events.known_fields_received > 0);
}

// Storage that entries fill leaves no room for a block, and nothing is known.
void test_a_full_table(void**) {
  KnowingServer server;
  const std::string path(4096 - 32 - 5, 'p');  // With its name all of the table.
  server.feed_streams(7, 1, Block().indexed(3).indexed(6).remembered(":path", "/" + path.substr(1)));
  server.received();
  server.feed_streams(9, 4, known().literal("x", std::string(60, 'y')));
  expect(server.received("field 15 x"), {"field 15 x: " + std::string(60, 'y')});
}

// The block is stored in spare bytes of the table, also after the table has moved.
void test_a_table_that_moves(void**) {
  KnowingServer server;
  server.feed_streams(7, 1, known().remembered("large", std::string(1000, 'l')));
  assert_true(server.connection.table_in_reserve());
  assert_int_equal(server.events.known_fields_received, 1);
  server.feed_streams(9, 3, known(63));
  expect(server.received("field 13"), {"field 13 :method: POST", "field 13 :scheme: http", "field 13 :path: /a"});
  assert_int_equal(server.events.known_fields_received, 2);
}

// A known block becomes invalid when the server's SETTINGS lower the table.
void test_a_table_that_is_lowered(void**) {
  ServerEnd server({.header_table_bytes = 1024});
  server.start();
  server.feed(hello());
  server.feed(FrameScript().headers(1, Block().indexed(3).indexed(6).remembered(":path", "/a"), kEndAll));
  for (std::uint32_t id = 3; id < 9; id += 2)
    server.feed(FrameScript().headers(id, known(), kEndAll));
  assert_int_equal(server.events.known_fields_received, 1);
  server.feed(FrameScript().settings_ack());
  server.received();
  server.feed(FrameScript().headers(9, Block().table_size(1024).indexed(3).indexed(6).indexed(62), kEndAll));
  for (std::uint32_t id = 11; id < 17; id += 2)
    server.feed(FrameScript().headers(id, known(), kEndAll));
  expect(server.received("field 15"), {"field 15 :method: POST", "field 15 :scheme: http", "field 15 :path: /a"});
  assert_int_equal(server.events.known_fields_received, 2);
}

void test_rules_apply_after_known_fields(void**) {
  const Block blocks[] = {known().literal(":path", "/b"), known().literal("A", "b"), known().indexed(8)};
  for (const Block& block : blocks) {
    KnowingServer server;
    server.feed_streams(7, 1, block);
    expect(server.sent(), {"RST_STREAM 7 PROTOCOL_ERROR"});
    assert_int_equal(server.events.known_fields_received, 1);
  }
}

void test_known_fields_count(void**) {
  KnowingServer fields({.header_fields = 3});
  fields.feed_streams(7, 1, known().literal("a", "b"));
  expect(fields.received("section 7"), {"section 7 end too large"});

  constexpr std::uint32_t kKnownBytes = (7 + 4 + 32) + (7 + 4 + 32) + (5 + 2 + 32);
  KnowingServer bytes({.header_bytes = kKnownBytes + 33});
  bytes.feed_streams(7, 1, known().literal("a", ""));
  expect(bytes.received("section 7"), {"section 7 end"});
  bytes.feed_streams(9, 1, known().literal("a", "b"));
  expect(bytes.received("section 9"), {"section 9 end too large"});
  assert_int_equal(bytes.events.known_fields_received, 2);
}

void test_malformed_fields_are_not_stored(void**) {
  KnowingServer server;
  server.feed_streams(7, 3, Block().indexed(3).indexed(3).indexed(6));
  expect(server.sent(), {"RST_STREAM 7 PROTOCOL_ERROR", "RST_STREAM 9 PROTOCOL_ERROR", "RST_STREAM 11 PROTOCOL_ERROR"});
  server.feed_streams(13, 1, Block().indexed(3).indexed(3).indexed(6));
  expect(server.sent(), {"RST_STREAM 13 PROTOCOL_ERROR"});
}

void test_content_length_counts_each_time(void**) {
  KnowingServer server;
  const Block block = known().literal("content-length", "2");
  for (std::uint32_t id = 7; id < 13; id += 2)
    server.feed(FrameScript().headers(id, block).data(id, "ab", kEndStream));
  server.sent();
  server.feed(FrameScript().headers(13, block).data(13, "abc", kEndStream));
  expect(server.sent(), {"RST_STREAM 13 PROTOCOL_ERROR"});
  assert_int_equal(server.events.known_fields_received, 3);
}

void test_a_block_in_pieces(void**) {
  for (std::size_t cut = 0; cut <= 3; ++cut) {
    KnowingServer server;
    const Octets bytes = known().bytes();
    const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(cut);
    server.feed(FrameScript().frame(FrameType::Headers, kEndStream, 7, {bytes.begin(), middle}));
    server.feed(FrameScript().continuation(7, {middle, bytes.end()}));
    expect(server.received("field 7"), {"field 7 :method: POST", "field 7 :scheme: http", "field 7 :path: /a"});
    assert_int_equal(server.events.known_fields_received, cut % 3 == 0 ? 1 : 0);
  }
}

// In other blocks than requests, the same bytes are decoded.
void test_trailers(void**) {
  KnowingServer server;
  server.feed(FrameScript().headers(7, known()));
  server.sent();
  server.feed(FrameScript().headers(7, known(), kEndAll));
  expect(server.sent(), {"RST_STREAM 7 PROTOCOL_ERROR"});
  assert_int_equal(server.events.known_fields_received, 1);
}

void test_refused_streams(void**) {
  KnowingServer server;
  server.events.accepts_streams = false;
  server.feed_streams(7, 1, known());
  expect(server.sent(), {"RST_STREAM 7 REFUSED_STREAM"});
  server.events.accepts_streams = true;
  server.received();
  server.feed_streams(9, 1, known());
  expect(server.received("section"), {"section 9 end"});
  assert_int_equal(server.events.known_fields_received, 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_same_block_again),
      cmocka_unit_test(test_an_owner_that_does_not_keep_fields),
      cmocka_unit_test(test_literals_are_known),
      cmocka_unit_test(test_what_differs_is_decoded),
      cmocka_unit_test(test_a_changed_table),
      cmocka_unit_test(test_a_table_that_was_emptied),
      cmocka_unit_test(test_a_size_update_after_known_fields),
      cmocka_unit_test(test_a_longer_block_is_stored_to_its_end),
      cmocka_unit_test(test_a_shorter_block_is_another),
      cmocka_unit_test(test_more_fields_than_can_be_stored),
      cmocka_unit_test(test_a_full_table),
      cmocka_unit_test(test_a_table_that_moves),
      cmocka_unit_test(test_a_table_that_is_lowered),
      cmocka_unit_test(test_rules_apply_after_known_fields),
      cmocka_unit_test(test_known_fields_count),
      cmocka_unit_test(test_malformed_fields_are_not_stored),
      cmocka_unit_test(test_content_length_counts_each_time),
      cmocka_unit_test(test_a_block_in_pieces),
      cmocka_unit_test(test_trailers),
      cmocka_unit_test(test_refused_streams),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
