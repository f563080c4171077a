// The work of one turn, counted: frames, header fields and their bytes; and header blocks that are abandoned.
#include <string>

#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::Bytes;
using mote::http2::ConnectionLimits;
using mote::http2::ErrorCode;
using mote::http2::FrameType;
using mote::http2::TurnBudget;
using mote::http2::TurnWork;

constexpr std::uint32_t kMany = 1'000'000;

// Feeds a connection turn by turn.
struct Turns {
  explicit Turns(const FrameScript& script, const ConnectionLimits& limits = {}) : server(limits), in(script.bytes()) {}

  // How many bytes one turn takes.
  std::size_t turn(TurnBudget budget) {
    const std::size_t taken = server.connection.receive(Bytes(in).subspan(done), scratch, server.out, budget);
    server.drain();
    done += taken;
    return taken;
  }
  [[nodiscard]] bool over() const { return done == in.size(); }

  ReadyServer server;
  Octets in;
  Octets scratch = Octets(8192);
  std::size_t done = 0;
};

void test_frames_are_counted(void**) {
  FrameScript script;
  for (int i = 0; i < 10; ++i)
    script.ping(1);
  constexpr std::size_t kPingBytes = 17;
  Turns turns(script);
  assert_int_equal(turns.turn({3, kMany, kMany}), 3 * kPingBytes);
  assert_int_equal(turns.turn({3, kMany, kMany}), 3 * kPingBytes);
  assert_int_equal(turns.turn({100, kMany, kMany}), 4 * kPingBytes);
  assert_true(turns.over());
}

void test_what_is_left_shows_what_was_spent(void**) {
  TurnBudget budget(2, 20, 10'000);
  Turns turns(FrameScript().ping(1).ping(1));
  turns.server.connection.receive(turns.in, turns.scratch, turns.server.out, budget);
  assert_true(budget.frames_spent());
  assert_false(budget.fields_spent());
  assert_false(budget.bytes_spent());
  assert_true(budget.spent());
  budget.spend_block(20, 0);
  assert_true(budget.fields_spent());
  budget.spend_block(0, 10'001);
  assert_true(budget.bytes_spent());
  assert_false(TurnBudget().spent());
  for (int i = 0; i < 8; ++i) {
    assert_false(budget.sends_spent());
    budget.spend_send();
  }
  assert_true(budget.sends_spent());
}

void test_compression_spends_a_turn(void**) {
  TurnBudget budget(kMany, kMany, 10'000);
  budget.spend_gzip(9'999);
  assert_false(budget.spent() || budget.gzip_spent() || budget.sends_spent());
  budget.spend_gzip(1);
  assert_true(budget.spent() && budget.gzip_spent() && budget.sends_spent());
  assert_false(budget.bytes_spent());
  budget.spend_gzip(std::size_t{1} << 33U);
  assert_int_equal(budget.work().gzip_bytes, UINT32_MAX);
}

// The owner takes a part of a DATA frame in each turn; the stream ends with its last byte.
void test_data_that_is_left_waits_for_the_next_turn(void**) {
  for (const bool padded : {false, true}) {
    FrameScript script;
    script.headers(1, request());
    if (padded) script.padded_data(1, "abcdef", 3, mote::http2::kEndStream);
    if (!padded) script.data(1, "abcdef", mote::http2::kEndStream);
    script.ping(7);
    Turns turns(script);
    turns.server.events.most_data = 4;
    turns.turn({kMany, kMany, kMany});
    assert_string_equal(turns.server.events.lines.back().c_str(), "data 1 abcd");
    assert_false(turns.server.events.streams.at(1)->remote_closed);
    assert_false(turns.over());
    turns.turn({kMany, kMany, kMany});
    assert_true(turns.over());
    const Lines all = turns.server.received();
    expect({all.end() - 2, all.end()}, {"data 1 abcdef", "half-close 1"});
  }
}

// A request of 6 fields whose last field differs from all others, so that none is known.
FrameScript requests(unsigned first, unsigned count) {
  FrameScript script;
  for (unsigned id = first; id < first + 2 * count; id += 2)
    script.headers(id, Block().remembered("n" + std::to_string(id), "v").literal("x", "y"), kEndAll);
  return script;
}

// Fields of 2 for each block; a turn ends behind the block that spends the last.
void test_fields_are_counted(void**) {
  Turns turns(requests(1, 10));
  std::size_t rounds = 0;
  for (; !turns.over(); ++rounds)
    turns.turn({kMany, 4, kMany});
  assert_int_equal(rounds, 5);
}

void test_field_bytes_are_counted(void**) {
  Turns turns(requests(1, 10));  // Of 67 bytes and more: name and value and 32 for each of the two fields.
  std::size_t rounds = 0;
  for (; !turns.over(); ++rounds)
    turns.turn({kMany, kMany, 130});
  assert_int_equal(rounds, 5);
}

// A block in CONTINUATION frames is counted at its end, whole.
void test_a_block_in_parts_is_counted(void**) {
  FrameScript script;
  for (unsigned id = 1; id < 9; id += 2) {
    const Octets block = Block().literal("a" + std::to_string(id), "1").literal("b", "2").bytes();
    const Octets second(block.begin() + 5, block.end());
    script.frame(FrameType::Headers, mote::http2::kEndStream, id, {block.begin(), block.begin() + 5});
    script.continuation(id, second);
  }
  Turns turns(script);
  std::size_t rounds = 0;
  for (; !turns.over(); ++rounds)
    turns.turn({kMany, 2, kMany});
  assert_int_equal(rounds, 4);
}

// Fields that are known need no decoding.
void test_known_fields_are_not_counted(void**) {
  FrameScript script;
  for (unsigned id = 1; id < 41; id += 2)
    script.headers(id, request(), kEndAll);
  Turns turns(script);
  const std::size_t block = turns.in.size() / 20;
  // The first requests are decoded, until their fields are known.
  assert_true(turns.turn({kMany, 6, kMany}) < 4 * block);
  assert_true(turns.turn({kMany, 1, kMany}) > 15 * block);
}

// --- The rest of a DATA frame ---

void test_missing_data(void**) {
  ServerEnd server;
  assert_int_equal(server.connection.data_missing({}), 0);
  server.start();
  server.feed(hello().settings_ack().headers(1, request()));
  const auto missing = [&](const Octets& bytes) { return server.connection.data_missing(bytes); };
  const Octets data = FrameScript().data(1, std::string(100, 'x')).bytes();
  const auto part = [](const Octets& bytes, std::size_t size) {
    return Octets(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  };
  assert_int_equal(missing({}), 0);
  assert_int_equal(missing(data), 0);
  assert_int_equal(missing(part(data, 8)), 0);
  assert_int_equal(missing(part(data, 9)), 100);
  assert_int_equal(missing(part(data, 59)), 50);
  const Octets ping = FrameScript().ping(1).bytes();
  assert_int_equal(missing(ping + part(data, 59)), 50);
  assert_int_equal(missing(data + part(ping, 12)), 0);
  assert_int_equal(missing(FrameScript().frame_head(100, FrameType::Headers, 0, 3).bytes()), 0);
  // With the frame half received already.
  server.feed(part(data, 59));
  assert_int_equal(missing({}), 50);
  assert_int_equal(missing(Octets(20)), 30);
  assert_int_equal(missing(Octets(50)), 0);
  assert_int_equal(missing(Octets(50) + part(data, 19)), 90);
  server.feed(Octets(50));
  // Padding is a part of the frame.
  const Octets padded = FrameScript().padded_data(1, std::string(20, 'x'), 30).bytes();
  server.feed(part(padded, 25));
  assert_int_equal(missing({}), padded.size() - 25);
  // Of a connection that is over, nothing is.
  server.feed(Octets(padded.size() - 25));
  server.feed(FrameScript().headers(2, Block()));
  assert_true(server.connection.failed());
  assert_int_equal(missing(part(data, 9)), 0);
}

void test_missing_of_any_frame(void**) {
  ServerEnd server;
  // The preface is like a frame.
  const Octets preface = octets("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  assert_int_equal(server.connection.frame_missing({}), preface.size());
  assert_int_equal(server.connection.frame_missing(Octets(5)), preface.size() - 5);
  assert_int_equal(server.connection.frame_missing(preface), 0);
  assert_int_equal(server.connection.data_missing(preface + FrameScript().frame_head(7, FrameType::Data, 0, 1).bytes()),
                   7);
  server.start();
  server.feed(hello().settings_ack());
  const auto missing = [&](const Octets& bytes) { return server.connection.frame_missing(bytes); };
  const Octets ping = FrameScript().ping(1).bytes();
  for (std::size_t size = 1; size < ping.size(); ++size) {
    const Octets part(ping.begin(), ping.begin() + static_cast<std::ptrdiff_t>(size));
    const std::size_t header_bytes = 9;
    assert_int_equal(missing(part), size < header_bytes ? header_bytes - size : ping.size() - size);
    assert_int_equal(missing(ping + part), missing(part));
    assert_int_equal(server.connection.data_missing(part), 0);
  }
  assert_int_equal(missing({}), 0);
  assert_int_equal(missing(ping), 0);
  assert_int_equal(missing(FrameScript().frame_head(100, FrameType::Headers, 0, 3).bytes()), 100);
}

// --- Header blocks beyond twice their limits ---

constexpr std::string_view kAbandoned = "ENHANCE_YOUR_CALM header block far above the limits";

bool abandoned(ServerEnd& server) {
  const auto sent = server.sent();
  return server.connection.failed() && !sent.empty() && sent.back().find(kAbandoned) != std::string::npos;
}

void test_bytes_up_to_twice_the_limit(void**) {
  for (const bool fits : {true, false}) {
    ReadyServer server(ConnectionLimits{.header_bytes = 1000});
    // Two fields of 1,000 bytes each.
    server.feed(FrameScript().headers(
        1, Block().literal("a", std::string(967, 'v')).literal("b", std::string(fits ? 967 : 968, 'v')), kEndAll));
    assert_int_equal(abandoned(server), !fits);
    const Lines limits = server.received("limit");
    expect({limits.front()}, {"limit header bytes"});
  }
}

// A field that is longer than the scratch memory counts one byte more than the limit.
void test_bytes_of_an_oversized_field(void**) {
  for (const bool fits : {true, false}) {
    ReadyServer server(ConnectionLimits{.header_bytes = 1000});
    server.feed(FrameScript().headers(
        1, Block().literal("a", std::string(9000, 'v')).literal("b", std::string(fits ? 966 : 967, 'v')), kEndAll));
    assert_int_equal(abandoned(server), !fits);
  }
}

void test_fields_up_to_twice_the_limit(void**) {
  for (const bool fits : {true, false}) {
    ReadyServer server(ConnectionLimits{.header_fields = 10});
    Block block;
    for (int i = 0; i < (fits ? 20 : 21); ++i)
      block.literal("a", "v");
    server.feed(FrameScript().headers(1, block, kEndAll));
    assert_int_equal(abandoned(server), !fits);
  }
}

// What a turn did is counted, also for a block that is abandoned: one field more than twice the limit.
void test_the_work_of_a_turn_is_counted(void**) {
  for (const unsigned fields : {5U, 21U, 100U}) {
    ReadyServer server(ConnectionLimits{.header_fields = 10});
    Block block;
    for (unsigned i = 0; i < fields; ++i)
      block.literal("a", "v");
    const Octets bytes = FrameScript().ping(1).headers(1, block, kEndAll).bytes();
    TurnBudget turn(kMany, kMany, kMany);
    Octets scratch(8192);
    (void)server.connection.receive(bytes, scratch, server.out, turn);
    const unsigned counted = std::min(fields, 21U);
    assert_int_equal(turn.work().frames, 2);
    assert_int_equal(turn.work().fields, counted);
    assert_int_equal(turn.work().field_bytes, counted * (1 + 1 + 32));
  }
  TurnWork most{.frames = 1, .fields = 5, .field_bytes = 3};
  most.take_most({.frames = 2, .fields = 4, .field_bytes = 3});
  assert_int_equal(most.frames, 2);
  assert_int_equal(most.fields, 5);
  assert_int_equal(most.field_bytes, 3);
}

// The fault is the first one of the block, however its bytes are cut.
void test_an_error_behind_the_abandoned_field(void**) {
  for (const bool abandoned_first : {true, false}) {
    Block block;
    for (int i = 0; i < (abandoned_first ? 21 : 20); ++i)
      block.literal("a", "v");
    const Octets bytes =
        FrameScript().frame(FrameType::Headers, kEndAll, 1, block.bytes() + Octets{0x80} + Octets(7)).bytes();
    for (const unsigned piece : {1U, 4U, 9U, 1000U}) {
      ReadyServer server(ConnectionLimits{.header_fields = 10});
      server.feed_in_pieces(bytes, [&] { return piece; });
      assert_true(server.connection.failed());
      assert_int_equal(abandoned(server), abandoned_first);
    }
  }
}

void test_fields_larger_than_scratch_count_as_the_limit(void**) {
  ReadyServer server;
  const std::string large(9000, 'v');
  Block block;
  block.literal("a", large).literal("b", large);
  const Octets bytes = block.bytes();
  FrameScript script;
  script.frame(FrameType::Headers, mote::http2::kEndStream, 1, {bytes.begin(), bytes.begin() + 16000});
  script.continuation(1, {bytes.begin() + 16000, bytes.end()});
  server.feed(script);
  assert_true(abandoned(server));
}

// Blocks that nobody gets are decoded as well, and have the same limits.
void test_blocks_of_refused_and_closed_streams(void**) {
  Block block;
  for (int i = 0; i < 40; ++i)
    block.literal("a", "v");
  {
    ReadyServer server(ConnectionLimits{.streams = 0, .header_fields = 10});
    server.feed(FrameScript().headers(1, block, kEndAll));
    assert_true(abandoned(server));
  }
  {
    ReadyServer server(ConnectionLimits{.header_fields = 10});
    server.open(1);
    server.reset(1, ErrorCode::NoError);
    server.feed(FrameScript().headers(1, block, kEndAll));
    assert_true(abandoned(server));
  }
}

// Decoding stops soon behind the limit: a large entry 1 KiB further on does not reach the header table, which would have moved
// to its reserve.
void test_the_rest_is_not_decoded(void**) {
  for (const bool over : {true, false}) {
    ReadyServer server(ConnectionLimits{.header_bytes = 100'000, .header_fields = 600});
    Block block;
    for (int i = 0; i < (over ? 1300 : 1100); ++i)
      block.indexed(2);
    block.remembered("n", std::string(1000, 'v'));
    server.feed(FrameScript().headers(1, block, kEndAll));
    assert_int_equal(abandoned(server), over);
    assert_int_equal(server.connection.table_in_reserve(), !over);
  }
}

// A block over its limits costs a reset.
void test_blocks_over_their_limits_spend_resets(void**) {
  ReadyServer server(ConnectionLimits{.header_fields = 3, .reset_budget = 3});
  for (unsigned id = 1; id < 9; id += 2) {
    assert_false(server.connection.failed());
    server.feed(FrameScript().headers(id, request({{"a", "b"}}), kEndAll));
  }
  assert_true(server.connection.failed());
  expect({server.sent().back()}, {"GOAWAY 7 ENHANCE_YOUR_CALM too many resets"});
}

// --- Frames that bring hardly any progress ---

// More padding than data.
void test_padding(void**) {
  for (const unsigned padding : {20U, 21U}) {
    ReadyServer server(ConnectionLimits{.idle_frame_budget = 10});
    server.open(1);
    for (int i = 0; i < 100; ++i)
      server.feed(FrameScript().padded_data(1, std::string(20, 'x'), static_cast<std::uint8_t>(padding)));
    assert_int_equal(server.connection.failed(), padding > 20);
  }
}

// Each update lets one byte go, whose DATA frame must not pay for the next updates. From 4 bytes on, kUpdates for each
// kBytesOfSmallPieces are enough.
void test_a_window_that_opens_by_one_byte(void**) {
  for (const unsigned step : {1U, 3U, 4U, 7U, 8U, 100U}) {
    ReadyServer server(ConnectionLimits{.idle_frame_budget = 10});
    server.feed(FrameScript().settings({{4, 0}}));
    server.open(1);
    server.send_headers(1, response(), false);
    unsigned updates = 0;
    for (; updates < 500 && !server.connection.failed(); ++updates) {
      server.feed(FrameScript().window_update(1, step));
      if (!server.connection.failed()) server.send_data(1, std::string(1000, 'x'), false);
      server.drain();
    }
    assert_int_equal(server.connection.failed(), step < 4);
  }
}

// The end of a stream has no bytes, and is answered all the same.
void test_an_end_pays_for_updates(void**) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 1});
  server.feed(FrameScript().settings({{4, 0}}));  // It spends the budget.
  server.open(1);
  server.send_headers(1, response(), false);
  server.send_data(1, "", true);
  for (unsigned i = 0; i < 2 * mote::http2::ProvokedFrames::kUpdates; ++i)
    server.feed(FrameScript().window_update(1, 1));
  assert_false(server.connection.failed());
  server.feed(FrameScript().window_update(1, 1));
  assert_true(server.connection.failed());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_frames_are_counted),
      cmocka_unit_test(test_what_is_left_shows_what_was_spent),
      cmocka_unit_test(test_compression_spends_a_turn),
      cmocka_unit_test(test_data_that_is_left_waits_for_the_next_turn),
      cmocka_unit_test(test_fields_are_counted),
      cmocka_unit_test(test_field_bytes_are_counted),
      cmocka_unit_test(test_a_block_in_parts_is_counted),
      cmocka_unit_test(test_known_fields_are_not_counted),
      cmocka_unit_test(test_missing_data),
      cmocka_unit_test(test_missing_of_any_frame),
      cmocka_unit_test(test_bytes_up_to_twice_the_limit),
      cmocka_unit_test(test_bytes_of_an_oversized_field),
      cmocka_unit_test(test_fields_up_to_twice_the_limit),
      cmocka_unit_test(test_the_work_of_a_turn_is_counted),
      cmocka_unit_test(test_an_error_behind_the_abandoned_field),
      cmocka_unit_test(test_fields_larger_than_scratch_count_as_the_limit),
      cmocka_unit_test(test_blocks_of_refused_and_closed_streams),
      cmocka_unit_test(test_the_rest_is_not_decoded),
      cmocka_unit_test(test_blocks_over_their_limits_spend_resets),
      cmocka_unit_test(test_padding),
      cmocka_unit_test(test_a_window_that_opens_by_one_byte),
      cmocka_unit_test(test_an_end_pays_for_updates),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
