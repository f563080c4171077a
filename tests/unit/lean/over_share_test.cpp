// One address has taken everything before others come: they are served, and it keeps at least a quarter.
#include "engine/lean/over_share.h"

#include <algorithm>

#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;
using engine::Limits;

const Limits kSixteenCalls = limits([](Limits& chosen) {
  chosen.max_streams = 16;
  chosen.reserved_streams = 4;
});

std::unique_ptr<RawClient> with_waiting_calls(LeanLoop& loop, std::uint32_t calls) {
  auto client = loop.connect_ready();
  for (std::uint32_t i = 0; i < calls; ++i)
    client->send(FrameScript().headers(2 * i + 1, echo_head("Collect")));
  loop.settle();
  return client;
}

std::uint32_t ended_with(RawClient& client, std::uint32_t calls, std::string_view status) {
  std::uint32_t ended = 0;
  for (std::uint32_t i = 0; i < calls; ++i)
    if (client.answer(2 * i + 1).status() == status) ++ended;
  return ended;
}

void test_waiting_calls_make_room_for_a_newcomer(void**) {
  LeanLoop loop(kSixteenCalls);
  const auto holder = with_waiting_calls(loop, 16);
  assert_int_equal(loop.open_calls(), 16);
  loop.pass(1s);
  assert_int_equal(loop.open_calls(), 16);
  // As soon as another address is connected, an eighth is freed.
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  assert_int_equal(loop.open_calls(), 14);
  assert_int_equal(ended_with(*holder, 16, "14"), 2);
  assert_string_equal(holder->answer(1).message().c_str(),
                      "this address has more than a quarter of all calls, and others need them");
  // The newcomer's calls are served up to its quarter and beyond, each in its turn.
  for (std::uint32_t i = 0; i < 8; ++i) {
    newcomer->send(FrameScript().headers(2 * i + 1, echo_head("Collect")));
    loop.settle();
  }
  assert_int_equal(ended_with(*newcomer, 8, "none"), 8);
  std::uint32_t refused = 0;
  for (std::uint32_t i = 0; i < 8; ++i)
    if (newcomer->answer(2 * i + 1).reset == "REFUSED_STREAM") ++refused;
  assert_int_equal(refused, 4);  // Those above its quarter.
  assert_true(loop.count(LimitId::MaxStreamsPerAddress) > 0);
  // The holder keeps more than its quarter: nobody needs the rest.
  assert_int_equal(16 - ended_with(*holder, 16, "14"), 10);
  loop.finish();
}

// A call that was opened a moment ago may be over soon.
void test_a_young_call_is_not_ended(void**) {
  LeanLoop loop(kSixteenCalls);
  const auto holder = with_waiting_calls(loop, 16);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  loop.pass(lean::kSettledCall - 1ms);
  assert_int_equal(loop.open_calls(), 16);
  loop.pass(1ms);
  assert_int_equal(loop.open_calls(), 14);
  loop.finish();
}

// While others are connected, an address above its quarter does not take the last eighth.
void test_the_last_eighth_is_kept(void**) {
  LeanLoop loop(kSixteenCalls);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  loop.come_from(0);
  const auto holder = with_waiting_calls(loop, 16);
  assert_int_equal(loop.open_calls(), 14);
  assert_string_equal(holder->answer(2 * 14 + 1).reset.c_str(), "REFUSED_STREAM");
  newcomer->send(echo_call(1, "Reply", echo_data("a")));
  loop.settle();
  assert_string_equal(newcomer->answer(1).status().c_str(), "0");
  loop.finish();
}

// Four addresses within their quarters: nobody is above his, so a fifth has to wait.
void test_nobody_loses_what_is_within_his_quarter(void**) {
  LeanLoop loop(kSixteenCalls);
  std::vector<std::unique_ptr<RawClient>> holders;
  for (std::uint32_t user = 1; user <= 4; ++user) {
    loop.come_from(user);
    holders.push_back(with_waiting_calls(loop, 4));
  }
  assert_int_equal(loop.open_calls(), 16);
  loop.come_from(5);
  const auto newcomer = loop.connect_ready();
  loop.pass(10s);
  assert_int_equal(loop.open_calls(), 16);
  newcomer->send(echo_call(1, "Reply", echo_data("a")));
  loop.settle();
  assert_string_equal(newcomer->answer(1).reset.c_str(), "REFUSED_STREAM");
  loop.finish();
}

// The connection with most calls has only young ones: others of its address lose theirs in its place.
void test_young_calls_do_not_protect_older_ones(void**) {
  LeanLoop loop(kSixteenCalls);
  std::vector<std::unique_ptr<RawClient>> holders;
  for (int i = 0; i < 6; ++i)
    holders.push_back(with_waiting_calls(loop, 1));
  loop.pass(1s);
  const auto largest = with_waiting_calls(loop, 10);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  assert_int_equal(loop.open_calls(), 14);
  assert_int_equal(ended_with(*largest, 10, "none"), 10);
  loop.finish();
}

// More connections than one step compares, and only the last ones have a call that may end.
void test_all_connections_of_an_address_are_asked(void**) {
  constexpr std::uint32_t kConnections = 100;
  constexpr std::uint32_t kYoung = 85;
  LeanLoop loop(limits([](Limits& chosen) {
    chosen.max_streams = kConnections;
    chosen.reserved_streams = 4;
  }));
  std::vector<std::unique_ptr<RawClient>> holders;
  for (std::uint32_t i = 0; i < kConnections; ++i)
    holders.push_back(with_waiting_calls(loop, 1));
  loop.pass(1s);
  // Another call in place of the first: these connections keep their places in front.
  for (std::uint32_t i = 0; i < kYoung; ++i)
    holders[i]->send(FrameScript().rst_stream(1, http2::ErrorCode::Cancel).headers(3, echo_head("Collect")));
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  for (int turns = 0; turns < 3; ++turns)
    loop.pass(5ms);
  assert_int_equal(loop.open_calls(), kConnections - kConnections / 8);
  for (std::uint32_t i = 0; i < kYoung; ++i)
    assert_string_equal(holders[i]->answer(3).status().c_str(), "none");
  loop.finish();
}

// What it returns: when it should run again.
void test_it_goes_on_as_soon_as_a_call_may_end(void**) {
  LeanLoop loop(kSixteenCalls);
  lean::Core& core = loop.core();
  const auto holder = with_waiting_calls(loop, 16);
  assert_true(lean::end_over_share(core) == lean::kNever);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  assert_true(lean::end_over_share(core) == core.now + lean::kSettledCall / 4);
  loop.set_now(core.now + lean::kSettledCall);
  assert_true(lean::end_over_share(core) == core.now);  // Another address may have more than its quarter too.
  assert_int_equal(loop.open_calls(), 14);
  assert_true(lean::end_over_share(core) == lean::kNever);
  loop.finish();
}

// So that a turn stays short.
void test_a_turn_ends_sixteen_calls(void**) {
  LeanLoop loop(limits([](Limits& chosen) {
    chosen.max_streams = 400;
    chosen.reserved_streams = 4;
  }));
  lean::Core& core = loop.core();
  std::vector<std::unique_ptr<RawClient>> holders;
  for (int i = 0; i < 4; ++i)
    holders.push_back(with_waiting_calls(loop, 100));
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  loop.set_now(core.now + lean::kSettledCall);
  for (std::size_t left = 384; left > 350; left -= 16) {
    assert_true(lean::end_over_share(core) == core.now);
    assert_int_equal(loop.open_calls(), left);
  }
  assert_true(lean::end_over_share(core) == core.now);
  assert_int_equal(loop.open_calls(), 350);
  assert_true(lean::end_over_share(core) == lean::kNever);
  loop.finish();
}

// The addresses together have all calls, and one of them has one more than its quarter.
void test_an_address_keeps_its_quarter(void**) {
  LeanLoop loop(kSixteenCalls);
  std::vector<std::unique_ptr<RawClient>> holders;
  for (const std::uint32_t calls : {5U, 4U, 4U, 3U}) {
    loop.come_from(static_cast<std::uint32_t>(holders.size()));
    holders.push_back(with_waiting_calls(loop, calls));
  }
  loop.pass(1s);
  assert_int_equal(loop.open_calls(), 15);
  assert_int_equal(ended_with(*holders[0], 5, "14"), 1);
  assert_true(lean::end_over_share(loop.core()) == lean::kNever);
  loop.finish();
}

// Each old call is beside a connection with two young ones.
void test_connections_with_young_calls_are_asked_one_by_one(void**) {
  LeanLoop loop(kSixteenCalls);
  std::vector<std::unique_ptr<RawClient>> holders;
  for (std::uint32_t i = 0; i < 10; ++i)
    holders.push_back(with_waiting_calls(loop, 1));
  loop.pass(1s);
  for (std::uint32_t i = 0; i < 10; i += 2) {
    FrameScript others;
    others.rst_stream(1, http2::ErrorCode::Cancel).headers(3, echo_head("Collect")).headers(5, echo_head("Collect"));
    holders[i]->send(others);
  }
  loop.settle();
  assert_int_equal(loop.open_calls(), 15);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  assert_int_equal(loop.open_calls(), 14);
  loop.finish();
}

// A holder that reads nothing gets no status: its connection is closed.
void test_a_holder_that_does_not_read_is_closed(void**) {
  LeanLoop loop(kSixteenCalls);
  const auto holder = loop.connect_ready(4096);
  holder->send(echo_call(1, "Reply", echo_data(std::string(15'000, 'x'))));
  for (std::uint32_t i = 1; i < 17; ++i)
    holder->send(FrameScript().headers(2 * i + 1, echo_head("Collect")));
  loop.settle();
  assert_int_equal(loop.open_calls(), 16);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  loop.pass(100ms);
  assert_int_equal(loop.connections(), 1);
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

// --- reserved-streams ---

Block health_head(std::string_view method = "Check") {
  Block head;
  head.indexed(3).indexed(6).literal(":path", "/grpc.health.v1.Health/" + std::string(method));
  return head.literal("te", "trailers").literal("content-type", "application/grpc");
}

FrameScript health_check(std::uint32_t stream, std::string_view method = "Check") {
  return FrameScript().headers(stream, health_head(method)).data(stream, framed(""), http2::kEndStream);
}

void test_a_health_check_has_a_place(void**) {
  LeanLoop loop(kSixteenCalls);
  const auto holder = with_waiting_calls(loop, 16);
  holder->send(health_check(41));
  holder->send(health_check(43, "Watch"));
  holder->send(echo_call(45, "Reply", echo_data("a")));
  loop.settle();
  assert_string_equal(holder->answer(41).status().c_str(), "0");
  assert_string_equal(holder->answer(43).reset.c_str(), "REFUSED_STREAM");
  assert_string_equal(holder->answer(45).reset.c_str(), "REFUSED_STREAM");
  assert_int_equal(loop.count(LimitId::ReservedStreams), 1);
  assert_int_equal(loop.open_calls(), 16);
  loop.finish();
}

void test_a_health_check_without_end_loses_its_place(void**) {
  LeanLoop loop(kSixteenCalls);
  const auto holder = with_waiting_calls(loop, 16);
  holder->send(FrameScript().headers(41, health_head()));
  holder->send(health_check(43));  // One address has a quarter of four places.
  loop.settle();
  assert_int_equal(loop.open_calls(), 17);
  assert_string_equal(holder->answer(43).reset.c_str(), "REFUSED_STREAM");
  loop.pass(30s);
  assert_string_equal(holder->answer(41).status().c_str(), "4");
  assert_int_equal(loop.open_calls(), 16);
  loop.finish();
}

// Of fewer than four places an address has one.
void test_few_reserved_places(void**) {
  LeanLoop loop(limits([](Limits& chosen) {
    chosen.max_streams = 16;
    chosen.reserved_streams = 3;
  }));
  const auto holder = with_waiting_calls(loop, 16);
  holder->send(FrameScript().headers(41, health_head()));
  holder->send(health_check(43));
  loop.settle();
  assert_string_equal(holder->answer(41).reset.c_str(), "");
  assert_string_equal(holder->answer(43).reset.c_str(), "REFUSED_STREAM");
  loop.finish();
}

// The four places are those of all addresses.
void test_more_addresses_than_reserved_places(void**) {
  LeanLoop loop(kSixteenCalls);
  const auto holder = with_waiting_calls(loop, 16);
  std::vector<std::unique_ptr<RawClient>> others;
  for (std::uint32_t user = 1; user <= 5; ++user) {
    loop.come_from(user);
    others.push_back(loop.connect_ready());
    others.back()->send(FrameScript().headers(1, health_head()));
    loop.settle();
    assert_string_equal(others.back()->answer(1).reset.c_str(), user <= 4 ? "" : "REFUSED_STREAM");
  }
  assert_int_equal(loop.open_calls(), 20);
  loop.finish();
}

// --- Memory ---

const Limits kSmallPool = limits([](Limits& chosen) {
  chosen.max_message_bytes = 8 * 1024;
  chosen.stream_window_bytes = 1024;
  chosen.max_streams = 32;
  chosen.buffer_bytes = 64 * 1024;
  chosen.connection_buffer_bytes = 64 * 1024;
  chosen.write_stall = 1h;
  chosen.keepalive = 0ms;
});

// Takes no replies: each of its calls holds two small blocks.
std::unique_ptr<RawClient> with_unread_replies(LeanLoop& loop, std::uint32_t calls) {
  auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack());
  for (std::uint32_t i = 0; i < calls; ++i)
    client->send(echo_call(2 * i + 1, "ReplyStream", echo_data(std::string(900, 'h'), 2)));
  loop.settle();
  return client;
}

void test_memory_is_freed_for_a_newcomer(void**) {
  LeanLoop loop(kSmallPool);
  const auto holder = with_unread_replies(loop, 30);
  assert_int_equal(loop.used_blocks(), 60);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  loop.pass(1s);
  assert_true(loop.used_blocks() <= 56);  // An eighth of 64 is free, as a whole page.
  assert_int_equal(ended_with(*holder, 30, "8"), 4);
  // A message that needs more waits, and gets it from the holder.
  const std::string data = echo_data(std::string(6'000, 'm'));
  newcomer->send(FrameScript().headers(1, echo_head("Reply")).data(1, data.substr(0, 1024)));
  loop.settle();
  newcomer->send(FrameScript().data(1, data.substr(1024), http2::kEndStream));
  loop.settle();
  assert_string_equal(newcomer->answer(1).status().c_str(), "0");
  assert_true(loop.used_blocks() >= 16);  // The holder keeps its quarter.
  assert_true(loop.count(LimitId::BufferBytesPerAddress) > 0);
  loop.finish();
}

// A long field needs a page that is wholly free, and the holder's small blocks are in all of them.
void test_a_newcomer_finds_a_whole_page(void**) {
  LeanLoop loop(kSmallPool);
  const auto holder = with_unread_replies(loop, 30);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  loop.pass(1s);
  newcomer->send(FrameScript().headers(1, echo_head("Reply", {{"x-long", std::string(3'000, 'x')}})));
  newcomer->send(FrameScript().data(1, echo_data("hello"), http2::kEndStream));
  loop.settle();
  assert_string_equal(newcomer->answer(1).status().c_str(), "0");
  loop.finish();
}

// Waiting calls that hold nothing but the metadata of their requests: three small blocks each.
void test_calls_with_metadata_make_room(void**) {
  LeanLoop loop(kSmallPool);
  const auto holder = loop.connect_ready();
  for (std::uint32_t i = 0; i < 20; ++i) {
    const std::string value(700, 'm');
    holder->send(
        FrameScript().headers(2 * i + 1, echo_head("Collect", {{"x-a", value}, {"x-b", value}, {"x-c", value}})));
  }
  loop.settle();
  assert_int_equal(loop.used_blocks(), 60);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  loop.pass(1s);
  assert_true(loop.used_blocks() <= 56);
  assert_in_range(ended_with(*holder, 20, "8"), 1, 4);
  loop.finish();
}

// The holder keeps two small blocks in each page, a quarter of all: nobody else could use a page.
void test_a_few_blocks_in_each_page_make_room(void**) {
  constexpr std::uint32_t kCalls = 32;
  LeanLoop loop(kSmallPool);
  const auto holder = with_unread_replies(loop, kCalls);
  assert_int_equal(loop.used_blocks(), 64);
  for (std::uint32_t i = 0; i < kCalls; ++i)
    if (i % 4 != 0) holder->send(FrameScript().rst_stream(2 * i + 1, http2::ErrorCode::Cancel));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 16);
  assert_int_equal(loop.core().blocks.free_in_pages(), 0);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  loop.pass(1s);
  newcomer->send(FrameScript().headers(1, echo_head("Reply", {{"x-long", std::string(3'000, 'x')}})));
  newcomer->send(FrameScript().data(1, echo_data("hello"), http2::kEndStream));
  loop.settle();
  assert_string_equal(newcomer->answer(1).status().c_str(), "0");
  assert_true(loop.used_blocks() >= 2);  // Only as many calls end as it takes.
  loop.finish();
}

// A message that does not fit its window; a new connection has none of the large ones.
void begin_message(LeanLoop& loop, RawClient& client, std::uint32_t stream, std::size_t bytes = 6'000) {
  const std::string data = echo_data(std::string(bytes, 'm'));
  client.send(FrameScript().headers(stream, echo_head("Reply")).data(stream, data.substr(0, 1024)));
  loop.settle();
}

bool ends_message(LeanLoop& loop, RawClient& client, std::uint32_t stream) {
  for (int turns = 0; turns < 3; ++turns)  // Each ends 16 calls.
    loop.turn();
  const std::vector<std::string> lines = client.control();
  const std::string update = "WINDOW_UPDATE " + std::to_string(stream) + " ";
  if (std::none_of(lines.begin(), lines.end(), [&](const std::string& line) { return line.starts_with(update); }))
    return false;
  const std::string data = echo_data(std::string(6'000, 'm'));
  client.send(FrameScript().data(stream, data.substr(1024), http2::kEndStream));
  loop.settle();
  return client.answer(stream).status() == "0";
}

// Each time after its calls have ended. Only the first message of others waits for a second.
void test_memory_that_is_taken_again_is_freed_sooner(void**) {
  LeanLoop loop(kSmallPool);
  std::vector<std::unique_ptr<RawClient>> holders;
  holders.push_back(with_unread_replies(loop, 28));
  loop.come_from(1);
  const auto other = loop.connect_ready();
  begin_message(loop, *other, 1);
  loop.pass(lean::kSettledMemory - 1ms);
  assert_false(ends_message(loop, *other, 1));
  loop.pass(1ms);
  assert_true(ends_message(loop, *other, 1));

  loop.come_from(0);
  holders.push_back(with_unread_replies(loop, 20));
  assert_in_range(loop.used_blocks(), 48, 56);
  begin_message(loop, *other, 3);
  loop.pass(lean::kSettledCall - 1ms);
  assert_false(ends_message(loop, *other, 3));
  loop.pass(1ms);
  assert_true(ends_message(loop, *other, 3));

  // For a second after this, the holder cannot take more than a quarter.
  const std::size_t kept = loop.used_blocks();
  holders.push_back(with_unread_replies(loop, 20));
  assert_in_range(loop.used_blocks(), 16, std::max<std::size_t>(kept, 16));
  assert_true(ended_with(*holders.back(), 20, "8") > 0);
  begin_message(loop, *other, 5);
  assert_true(ends_message(loop, *other, 5));
  loop.pass(1s);
  holders.push_back(with_unread_replies(loop, 20));
  assert_true(loop.used_blocks() > 40);

  // Without a wait for ten seconds, the next one is the first again.
  holders.clear();
  loop.pass(lean::kWaitsAgain);
  holders.push_back(with_unread_replies(loop, 20));
  begin_message(loop, *other, 7);
  loop.pass(lean::kSettledMemory - 1ms);
  assert_false(ends_message(loop, *other, 7));
  loop.pass(1ms);
  assert_true(ends_message(loop, *other, 7));
  loop.finish();
}

const lean::AddressRow& row_of(LeanLoop& loop, std::uint32_t user) {
  return *loop.core().addresses.find({.value = user, .kind = lean::AddressKey::Kind::User});
}

// Without a turn, in which a message would take what is free. Returns when it should run again.
lean::Time end_over_share_now(lean::Core& core) {
  lean::Time again = core.now;
  while (again == core.now)
    again = lean::end_over_share(core);
  return again;
}

// The message that waits longest, in whole pages, and what is set aside for beginnings of messages: 16 small blocks are left. If that
// is above the quarter of its address, the reserve too.
void test_as_much_is_freed_as_a_message_needs(void**) {
  struct Case {
    std::size_t bytes, to_admit, in_pages;
  };
  for (const Case& one : {Case{1'500, 8, 8 + 16}, Case{2'000, 9, 16 + 16 + 8}}) {
    LeanLoop loop(limits([](Limits& chosen) {
      chosen = kSmallPool;
      chosen.max_message_bytes = 6'200;
    }));
    lean::Core& core = loop.core();
    const auto holder = with_unread_replies(loop, 24);
    loop.come_from(1);
    const auto other = loop.connect_ready();
    begin_message(loop, *other, 1, one.bytes);
    for (std::uint32_t i = 1; i < 8; ++i)
      begin_message(loop, *other, 2 * i + 1);
    assert_int_equal(row_of(loop, 1).blocks, 8);
    assert_int_equal(core.for_memory.first()->small_to_admit(), one.to_admit);
    assert_int_equal(core.blocks_aside.left(), 16);
    loop.set_now(core.now + lean::kSettledMemory);
    assert_true(end_over_share_now(core) == core.now + lean::kSettledCall);
    assert_int_equal(core.blocks.free_in_pages(), one.in_pages);
    assert_int_equal(row_of(loop, 0).blocks, 64 - 8 - one.in_pages);
    loop.finish();
  }
}

// The message needs more than the holder has above its quarter.
void test_a_holder_keeps_its_quarter_of_the_memory(void**) {
  LeanLoop loop(kSmallPool);
  const auto holder = with_unread_replies(loop, 24);
  loop.come_from(1);
  const auto other = loop.connect_ready();
  begin_message(loop, *other, 1);
  loop.set_now(loop.core().now + lean::kSettledMemory);
  end_over_share_now(loop.core());
  assert_int_equal(row_of(loop, 0).blocks, 16);
  assert_int_equal(loop.used_blocks(), 16 + 1);
  loop.finish();
}

void test_a_message_of_an_address_with_a_quarter_waits(void**) {
  LeanLoop loop(kSmallPool);
  const auto holder = with_unread_replies(loop, 16);
  loop.come_from(1);
  const auto unread = with_unread_replies(loop, 4);
  const auto other = loop.connect_ready();
  for (std::uint32_t i = 0; i < 8; ++i)
    begin_message(loop, *other, 2 * i + 1);
  assert_int_equal(row_of(loop, 1).blocks, 16);
  loop.turn();
  assert_true(loop.core().addresses.others_need_blocks);
  loop.finish();
}

void test_nobody_makes_room_for_an_address_above_its_quarter(void**) {
  LeanLoop loop(kSmallPool);
  loop.come_from(1);
  const auto other = loop.connect_ready();
  loop.come_from(0);
  const auto holder = with_unread_replies(loop, 24);
  const auto more = loop.connect_ready();
  begin_message(loop, *more, 1);
  assert_non_null(loop.core().for_memory.first());
  const std::size_t used = loop.used_blocks();
  assert_true(row_of(loop, 0).blocks > 16);
  loop.set_now(loop.core().now + lean::kSettledMemory);
  assert_true(lean::end_over_share(loop.core()) == lean::kNever);
  assert_int_equal(loop.used_blocks(), used);
  loop.finish();
}

void test_a_wait_after_ten_seconds_is_one_again(void**) {
  LeanLoop loop(kSmallPool);
  const auto holder = with_unread_replies(loop, 28);
  loop.come_from(1);
  const auto other = loop.connect_ready();
  begin_message(loop, *other, 1);
  loop.pass(lean::kSettledMemory);
  assert_true(ends_message(loop, *other, 1));
  loop.pass(lean::kWaitsAgain);
  loop.come_from(0);
  const auto again = with_unread_replies(loop, 20);
  begin_message(loop, *other, 3);
  loop.pass(lean::kSettledCall - 1ms);
  assert_false(ends_message(loop, *other, 3));
  loop.pass(1ms);
  assert_true(ends_message(loop, *other, 3));
  loop.finish();
}

// While a message of others waits, the holder gets no more, although more than an eighth is free.
void test_nobody_takes_what_a_message_waits_for(void**) {
  LeanLoop loop(kSmallPool);
  const auto holder = with_unread_replies(loop, 16);
  loop.come_from(1);
  const auto other = loop.connect_ready();
  begin_message(loop, *other, 1);
  const std::size_t used = loop.used_blocks();
  assert_true(used <= 34);
  loop.come_from(0);
  const auto more = with_unread_replies(loop, 1);
  assert_string_equal(more->answer(1).status().c_str(), "8");
  assert_int_equal(loop.used_blocks(), used);
  loop.pass(1s);
  assert_true(ends_message(loop, *other, 1));
  loop.finish();
}

void test_memory_is_kept_while_nobody_needs_it(void**) {
  LeanLoop loop(kSmallPool);
  const auto holder = with_unread_replies(loop, 24);
  loop.come_from(1);
  const auto newcomer = loop.connect_ready();
  loop.pass(60s);
  assert_int_equal(loop.used_blocks(), 48);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_waiting_calls_make_room_for_a_newcomer),
      cmocka_unit_test(test_a_young_call_is_not_ended),
      cmocka_unit_test(test_the_last_eighth_is_kept),
      cmocka_unit_test(test_nobody_loses_what_is_within_his_quarter),
      cmocka_unit_test(test_young_calls_do_not_protect_older_ones),
      cmocka_unit_test(test_all_connections_of_an_address_are_asked),
      cmocka_unit_test(test_it_goes_on_as_soon_as_a_call_may_end),
      cmocka_unit_test(test_a_turn_ends_sixteen_calls),
      cmocka_unit_test(test_an_address_keeps_its_quarter),
      cmocka_unit_test(test_connections_with_young_calls_are_asked_one_by_one),
      cmocka_unit_test(test_a_holder_that_does_not_read_is_closed),
      cmocka_unit_test(test_a_health_check_has_a_place),
      cmocka_unit_test(test_a_health_check_without_end_loses_its_place),
      cmocka_unit_test(test_few_reserved_places),
      cmocka_unit_test(test_more_addresses_than_reserved_places),
      cmocka_unit_test(test_memory_is_freed_for_a_newcomer),
      cmocka_unit_test(test_a_newcomer_finds_a_whole_page),
      cmocka_unit_test(test_calls_with_metadata_make_room),
      cmocka_unit_test(test_a_few_blocks_in_each_page_make_room),
      cmocka_unit_test(test_memory_that_is_taken_again_is_freed_sooner),
      cmocka_unit_test(test_as_much_is_freed_as_a_message_needs),
      cmocka_unit_test(test_a_holder_keeps_its_quarter_of_the_memory),
      cmocka_unit_test(test_a_message_of_an_address_with_a_quarter_waits),
      cmocka_unit_test(test_nobody_makes_room_for_an_address_above_its_quarter),
      cmocka_unit_test(test_a_wait_after_ten_seconds_is_one_again),
      cmocka_unit_test(test_nobody_takes_what_a_message_waits_for),
      cmocka_unit_test(test_memory_is_kept_while_nobody_needs_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
