// The work of a turn: frames, fields and bytes are limited, and what is left waits in blocks for the next turn.
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/taken_blocks.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::LimitId;
using engine::Limits;

std::size_t answered(RawClient& client, std::uint32_t calls) {
  client.receive();
  std::size_t count = 0;
  for (std::uint32_t stream = 1; stream < 2 * calls; stream += 2)
    count += client.answer(stream).ended;
  return count;
}

FrameScript small_calls(std::uint32_t calls) {
  FrameScript script;
  for (std::uint32_t stream = 1; stream < 2 * calls; stream += 2)
    script.raw(echo_call(stream, "Reply", echo_data("a")).bytes());
  return script;
}

// A connection with much to do gets as many frames as turn-frames in each turn, and others get their turn between.
void test_frames_of_one_turn(void**) {
  constexpr std::uint32_t kCalls = 200;
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 20; }));
  const auto busy = loop.connect_ready();
  const auto other = loop.connect_ready();
  busy->send(small_calls(kCalls));
  for (std::uint32_t turn = 1; turn <= 5; ++turn) {
    other->send(echo_call(2 * turn - 1, "Reply", echo_data("hello")));
    loop.turn();
    assert_int_equal(answered(*busy, kCalls), 10 * turn);
    expect(reply_texts(other->answer(2 * turn - 1)), {"You said: hello"});
  }
  loop.settle();
  assert_int_equal(answered(*busy, kCalls), kCalls);
  assert_true(loop.count(LimitId::TurnFrames) >= kCalls / 10 - 1);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

void test_fields_of_one_turn(void**) {
  constexpr std::uint32_t kCalls = 40;
  LeanLoop loop(limits([](Limits& l) { l.turn_fields = 64; }));
  const auto busy = loop.connect_ready();
  FrameScript script;
  for (std::uint32_t i = 0; i < kCalls; ++i) {
    // Seven fields, none of which is known from the request before.
    script.headers(2 * i + 1, Block()
                                  .remembered(":method", "POST")
                                  .literal(":scheme", "http")
                                  .literal(":path", "/echo.Echo/Reply")
                                  .literal("content-type", "application/grpc")
                                  .literal("te", "trailers")
                                  .literal("x-a", "1")
                                  .literal("x-b", "2"));
    script.data(2 * i + 1, echo_data("a"), http2::kEndStream);
  }
  busy->send(script);
  loop.turn();
  const std::size_t first = answered(*busy, kCalls);
  assert_true(first >= 8 && first <= 11);
  loop.settle();
  assert_int_equal(answered(*busy, kCalls), kCalls);
  assert_true(loop.count(LimitId::TurnFields) >= 3);
  loop.finish();
}

void test_bytes_of_one_turn(void**) {
  constexpr std::uint32_t kCalls = 60;
  LeanLoop loop(limits([](Limits& l) {
    l.turn_bytes = 2048;
    l.turn_frames = 1000;
  }));
  const auto busy = loop.connect_ready();
  const FrameScript script = small_calls(kCalls);
  busy->send(script);
  loop.turn();
  const std::size_t call_bytes = script.bytes().size() / kCalls;
  assert_true(answered(*busy, kCalls) <= 2048 / call_bytes + 1);
  loop.settle();
  assert_int_equal(answered(*busy, kCalls), kCalls);
  loop.finish();
}

// All that a turn reads at once.
void test_a_full_receive_buffer(void**) {
  LeanLoop loop(limits([](Limits& chosen) { chosen.turn_bytes = chosen.receive_bytes; }));
  const auto client = loop.connect_ready();
  FrameScript script;
  for (std::uint32_t stream = 1; stream < 40; stream += 2)
    script.raw(echo_call(stream, "Reply", echo_data(std::string(2000, 'x'))).bytes());
  client->send(script);
  loop.settle();
  assert_true(loop.count(LimitId::ReceiveBytes) > 0);
  assert_int_equal(loop.core().most_read_bytes, loop.core().limits.receive_bytes);
  loop.read_all(*client);
  assert_true(client->answer(39).ended);
  loop.finish();
}

// The work of a call with a field of three thousand bytes.
http2::TurnWork work_of(std::string_view name) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "Reply", echo_data("a"), {{name, std::string(3000, 'v')}}));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  const http2::TurnWork work = loop.core().most_work;
  loop.finish();
  return work;
}

// Twice: in the head and in the trailers.
void test_the_work_of_metadata_in_a_reply(void**) {
  const http2::TurnWork echoed = work_of("x-echo-a");
  const http2::TurnWork kept = work_of("x-kept-a");
  assert_in_range(echoed.field_bytes - kept.field_bytes, 6000, 6100);
  assert_int_equal(echoed.fields, kept.fields);
}

// A few bytes of HPACK cause kilobytes of metadata in a reply; these count, too.
void test_metadata_of_replies_counts(void**) {
  constexpr std::uint32_t kCalls = 20;
  LeanLoop loop;
  const auto busy = loop.connect_ready();
  FrameScript script;
  script.headers(1, echo_head("Reply").remembered("x-echo-a", std::string(3000, 'v')), kEndAll);
  for (std::uint32_t stream = 3; stream < 2 * kCalls; stream += 2) {
    script.headers(stream, echo_head("Reply").indexed(62));
    script.data(stream, echo_data("a"), http2::kEndStream);
  }
  busy->send(script);
  std::size_t before = 0;
  for (int turn = 0; turn < 3; ++turn) {
    loop.turn();
    const std::size_t now = answered(*busy, kCalls);
    assert_true(now > before && now - before <= 6);  // Each costs 3 KB to decode, and 6 KB in its reply.
    before = now;
  }
  loop.settle();
  assert_int_equal(answered(*busy, kCalls), kCalls);
  assert_true(loop.count(LimitId::TurnBytes) >= 3);
  loop.finish();
}

// The rest of a DATA frame does not count: a message of one frame is there as a whole.
void test_a_data_frame_is_read_to_its_end(void**) {
  LeanLoop loop(limits([](Limits& l) { l.turn_bytes = 1024; }));
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "Reply", echo_data(std::string(16'000, 'a'))));
  loop.turn();
  client->receive();
  assert_true(client->answer(1).ended);
  loop.settle();
  loop.finish();
}

// The rest of a frame of the turn before does not count either.
void test_the_rest_of_a_data_frame_is_free(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  const std::string text(8000, 'a');
  FrameScript script = FrameScript().headers(1, echo_head("Chat")).data(1, echo_data(text));
  const auto cut = script.bytes().begin() + 1000;
  client->send(Octets(script.bytes().begin(), cut));
  loop.settle();
  Octets rest(cut, script.bytes().end());
  const std::size_t missing = rest.size();
  for (int i = 0; i < 20; ++i)
    rest = rest + FrameScript().data(1, echo_data(std::string(900, 'b'))).bytes();
  client->send(rest);
  loop.turn();
  assert_in_range(loop.core().most_read_bytes, missing + 17 * 1024, missing + 18 * 1024);
  loop.settle();
  client->receive();
  assert_int_equal(client->answer(1).messages().size(), 21);
  loop.finish();
}

// What waits for the next turn lies in blocks. Without them so little is read that nothing has to wait.
void test_a_turn_without_blocks(void**) {
  constexpr std::uint32_t kCalls = 100;
  constexpr std::uint32_t kFrames = 20;
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = kFrames; }));
  const auto busy = loop.connect_ready();
  TakenBlocks taken(loop.core());
  busy->send(small_calls(kCalls));
  loop.turn();
  const std::size_t first = answered(*busy, kCalls);
  assert_in_range(first, 1, kFrames / 2);
  loop.settle();
  assert_int_equal(answered(*busy, kCalls), kCalls);
  expect(busy->control(), {});
  assert_in_range(loop.core().most_work.frames, 2, kFrames);
  taken.release();
  loop.finish();
}

// The same for the end of a connection.
void test_an_end_without_blocks(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  TakenBlocks taken(loop.core());
  client->close();
  loop.turn();
  assert_int_equal(loop.connections(), 0);
  taken.release();
  loop.finish();
}

// Half a frame waits in blocks. When its rest arrives, they are free for the call that it begins.
void test_half_a_frame_leaves_its_block_to_its_call(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  TakenBlocks taken(loop.core(), 1);
  const Octets bytes = echo_call(1, "Reply", echo_data("a"), {{"x-kept", "metadata"}}).bytes();
  client->send(Octets(bytes.begin(), bytes.begin() + 20));
  loop.settle();
  assert_int_equal(loop.core().blocks.free_small(), 0);
  client->send(Octets(bytes.begin() + 20, bytes.end()));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  taken.release();
  loop.finish();
}

// Frames of nine bytes are as many as possible. A header that is cut after them is read to its end.
void test_smallest_frames_without_blocks(void**) {
  constexpr std::uint32_t kFrames = 20;
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = kFrames; }));
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Collect")));
  loop.settle();
  TakenBlocks taken(loop.core());
  FrameScript script;
  for (std::uint32_t i = 0; i < 3 * kFrames; ++i)
    script.data(1, "");
  script.data(1, echo_data(std::string(1000, 'a')), http2::kEndStream);
  client->send(script);
  const lean::Time before = loop.core().now;
  loop.turn();
  assert_int_equal(loop.core().most_work.frames, kFrames);
  loop.settle();
  assert_true(loop.core().now == before);
  client->receive();
  assert_true(client->answer(1).ended);
  assert_int_equal(loop.core().most_work.frames, kFrames);
  taken.release();
  loop.finish();
}

// The cut is in the header of a frame: header and payload are read to their ends.
void test_a_header_that_is_cut_without_blocks(void**) {
  constexpr std::uint64_t kPings = 20;
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 16; }));  // 144 bytes: eight PINGs of 17 bytes, and 8 bytes.
  const auto client = loop.connect_ready();
  TakenBlocks taken(loop.core());
  FrameScript script;
  for (std::uint64_t i = 1; i <= kPings; ++i)
    script.ping(i);
  client->send(script);
  loop.turn();
  assert_int_equal(client->control().size(), 9);
  loop.settle();
  const Lines control = client->control();
  assert_int_equal(control.size(), kPings - 9);
  assert_string_equal(control.back().c_str(), "PING ack 20");
  taken.release();
  loop.finish();
}

// What is kept of a frame is more than is read at once without blocks.
void test_the_rest_of_a_kept_frame_without_blocks(void**) {
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 16; }));
  const auto client = loop.connect_ready();
  const Octets bytes = FrameScript().goaway(0, http2::ErrorCode::NoError, std::string(1000, 'g')).ping(7).bytes();
  client->send(Octets(bytes.begin(), bytes.begin() + 900));
  loop.settle();
  TakenBlocks taken(loop.core());
  client->send(Octets(bytes.begin() + 900, bytes.end()));
  loop.settle();
  assert_string_equal(client->control().back().c_str(), "PING ack 7");
  taken.release();
  loop.finish();
}

// The turn ends between the frames of a header block, of which a field is incomplete.
void test_a_field_that_waits_for_the_next_turn(void**) {
  const Octets fields = echo_head("Reply", {{"x-echo-mark", "first and second part"}}).bytes();
  for (std::uint64_t pings = 0; pings < 20; ++pings) {
    LeanLoop loop(limits([](Limits& l) { l.turn_frames = 16; }));
    const auto client = loop.connect_ready();
    const auto other = loop.connect_ready();
    FrameScript script;
    for (std::uint64_t i = 0; i < pings; ++i)
      script.ping(i);
    const auto cut = fields.end() - 10;
    script.frame(http2::FrameType::Headers, 0, 1, Octets(fields.begin(), cut));
    script.continuation(1, Octets(cut, fields.end())).data(1, echo_data("a"), http2::kEndStream);
    client->send(script);
    other->send(echo_call(1, "Reply", echo_data("b"), {{"x-echo-mark", "another text, which is longer"}}));
    loop.settle();
    assert_string_equal(client->answer(1).field("x-echo-mark").c_str(), "first and second part");
    expect(reply_texts(client->answer(1)), {"You said: a"});
    client->control();
    client->send(FrameScript().ping(99));
    loop.settle();
    expect(client->control(), {"PING ack 99"});  // Nothing else was left in front of it.
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

// The peer reads a little at a time: nothing of its input is processed before it has read all replies of the turn before.
void test_input_that_waits_behind_unsent_bytes(void**) {
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 16; }));
  const auto client = loop.connect_ready(4096);
  FrameScript script = echo_call(1, "Reply", echo_data(std::string(15'000, 'x')));
  for (std::uint64_t i = 1; i <= 60; ++i)
    script.ping(i);
  client->send(script);
  loop.settle();
  assert_false(loop.connection().writable());
  Lines control;
  for (int i = 0; i < 1000 && (i < 500 || !loop.connection().writable()); ++i) {
    client->receive(100);
    loop.turn();
  }
  loop.read_all(*client);
  control = client->control();
  assert_int_equal(control.size(), 60);
  for (std::size_t i = 0; i < control.size(); ++i)
    assert_string_equal(control[i].c_str(), ("PING ack " + std::to_string(i + 1)).c_str());
  assert_string_equal(client->answer(1).status().c_str(), "0");
  loop.finish();
}

// Nor is a call begun that has no reply.
void test_a_call_that_waits_behind_unsent_bytes(void**) {
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 16; }));
  const auto client = loop.connect_ready(4096);
  FrameScript script = echo_call(1, "Reply", echo_data(std::string(15'000, 'x')));
  for (std::uint64_t i = 1; i <= 14; ++i)
    script.ping(i);
  client->send(script.headers(3, echo_head("Collect")));
  loop.settle();
  for (int i = 0; i < 1000 && !loop.connection().writable(); ++i) {
    assert_int_equal(loop.open_calls(), 0);
    client->receive(100);
    loop.turn();
  }
  loop.settle();
  assert_int_equal(loop.open_calls(), 1);
  loop.finish();
}

// A connection whose own calls take the last blocks before the turn ends has none for the rest of its input.
void test_calls_that_take_the_blocks_for_the_rest(void**) {
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 10; }));
  const auto busy = loop.connect_ready();
  TakenBlocks taken(loop.core(), 3 * lean::BlockPool::kSmallInLarge);
  FrameScript script;
  script.headers(1, echo_head("Collect").remembered("x-a", std::string(1500, 'v')));
  for (std::uint32_t stream = 3; stream < 40; stream += 2)
    script.headers(stream, echo_head("Collect").indexed(62));
  busy->send(script);
  loop.turn();
  expect(busy->control(), {"GOAWAY 19 ENHANCE_YOUR_CALM no memory for the rest of a frame"});
  assert_int_equal(loop.core().most_work.frames, 10);
  assert_int_equal(loop.count(LimitId::BufferBytes), 7 + 1);  // Calls without memory, then the rest of the input.
  busy->shut_down();
  loop.settle();
  taken.release();
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Input that waits keeps its blocks while it is processed: others cannot take them before the next turn ends.
void test_input_that_waits_keeps_its_blocks(void**) {
  constexpr std::uint32_t kCalls = 100;
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 20; }));
  const auto busy = loop.connect_ready();
  busy->send(small_calls(kCalls));
  loop.turn();
  assert_true(loop.used_blocks() > 0);
  TakenBlocks taken(loop.core());
  loop.settle();
  assert_int_equal(answered(*busy, kCalls), kCalls);
  expect(busy->control(), {});
  taken.release();
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Input that waits is not the peer's delay, however long it waits.
void test_input_that_waits_has_no_deadline(void**) {
  constexpr std::uint32_t kCalls = 200;
  LeanLoop loop(limits([](Limits& l) {
    l.turn_frames = 20;
    l.header_timeout = std::chrono::milliseconds(10);
  }));
  const auto busy = loop.connect_ready();
  busy->send(small_calls(kCalls));
  for (int turn = 0; turn < 30; ++turn) {
    loop.core().now += std::chrono::milliseconds(20);
    loop.turn();
  }
  assert_int_equal(answered(*busy, kCalls), kCalls);
  expect(busy->control(), {});
  loop.finish();
}

// An end that arrives behind frames that wait does not cut them off.
void test_an_end_behind_input_that_waits(void**) {
  constexpr std::uint32_t kCalls = 100;
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 20; }));
  const auto busy = loop.connect_ready();
  busy->send(small_calls(kCalls));
  busy->shut_down();
  for (int turn = 0; turn < 30; ++turn)
    loop.turn();
  assert_int_equal(answered(*busy, kCalls), kCalls);
  assert_int_equal(loop.connections(), 0);
  loop.finish();
}

// One that can be sent no answer any more ends at once.
void test_a_close_behind_input_that_waits(void**) {
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 20; }));
  const auto busy = loop.connect_ready();
  busy->send(small_calls(100));
  loop.turn();
  busy->close();
  loop.turn();
  assert_int_equal(loop.connections(), 0);
  loop.finish();
}

// Also if nothing that waits has an answer, which would show that the peer is gone.
void test_a_close_behind_messages_that_wait(void**) {
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 20; }));
  const auto busy = loop.connect_ready();
  FrameScript script = FrameScript().headers(1, echo_head("Collect"));
  for (int i = 0; i < 100; ++i)
    script.data(1, echo_data("a"));
  busy->send(script);
  loop.turn();
  busy->close();
  loop.turn();
  assert_int_equal(loop.connections(), 0);
  loop.finish();
}

// What another connection did in the same turn of the loop is not counted.
void test_a_timer_has_a_turn_of_its_own(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "ReplyStream", echo_data("a", 2, 1000)));
  loop.settle();
  loop.set_now(loop.core().now + std::chrono::seconds(1));
  loop.core().turn = http2::TurnBudget(0, 0, 0);
  loop.turn();
  client->receive();
  assert_int_equal(client->answer(1).messages().size(), 2);
  loop.finish();
}

// The same for a message that memory is free for.
void test_memory_has_a_turn_of_its_own(void**) {
  LeanLoop loop(limits([](Limits& l) { l.stream_window_bytes = 2048; }));
  const auto client = loop.connect_ready();
  TakenBlocks taken(loop.core(), 1);
  client->send(FrameScript().headers(1, echo_head("Chat")).data(1, echo_data(std::string(4000, 'a')).substr(0, 5)));
  loop.settle();
  assert_non_null(loop.core().for_memory.first());
  taken.release();
  loop.core().turn = http2::TurnBudget();
  loop.core().turn.spend_gzip(1);
  loop.turn();
  assert_null(loop.core().for_memory.first());
  assert_int_equal(loop.core().turn.work().gzip_bytes, 0);
  loop.finish();
}

// A stream of small replies is sent in parts, too.
void test_sent_frames_of_one_turn(void**) {
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 20; }));
  const auto busy = loop.connect_ready();
  busy->send(echo_call(1, "ReplyStream", echo_data("a", 500)));
  loop.turn();
  busy->receive();
  assert_int_equal(busy->answer(1).messages().size(), 80);
  loop.settle();
  busy->receive();
  assert_int_equal(busy->answer(1).messages().size(), 500);
  loop.finish();
}

// Each frame of a large reply counts.
void test_sent_frames_of_large_replies(void**) {
  LeanLoop loop(limits([](Limits& l) {
    l.turn_frames = 20;
    l.send_bytes = 1U << 20U;
  }));
  const auto busy = loop.connect(8 << 20U);
  busy->send(hello().settings({{4, 1U << 30U}}).window_update(0, 1U << 30U).settings_ack());
  loop.settle();
  FrameScript script = FrameScript().headers(1, echo_head("ReplyStream"));
  add_data(script, 1, echo_data(std::string(17'000, 'a'), 100), true);
  busy->send(script);
  loop.turn();
  assert_int_equal(busy->answer(1).messages().size(), 40);
  loop.settle();
  loop.read_all(*busy);
  assert_int_equal(busy->answer(1).messages().size(), 100);
  loop.finish();
}

// The room in the send buffer ends anywhere within an answer: the rest is sent in the next turn.
void test_answers_at_the_end_of_the_send_buffer(void**) {
  Block page;
  page.literal(":method", "GET").literal(":scheme", "http").literal(":path", "/");
  const FrameScript answers[] = {echo_call(5, "Reply", echo_data("a")), FrameScript().headers(5, page, kEndAll)};
  for (const FrameScript& last : answers) {
    for (std::size_t left = 0; left < 500; ++left) {
      LeanLoop loop(limits([](Limits& l) {
        l.send_bytes = 20 * 1024;
        l.turn_bytes = 32 * 1024;
      }));
      const auto client = loop.connect_ready();
      FrameScript script = echo_call(1, "Reply", echo_data(std::string(16'000, 'x')));
      script.raw(echo_call(3, "Reply", echo_data(std::string(4'300 - left, 'x'))).bytes());
      client->send(script.raw(last.bytes()));
      loop.settle();
      loop.read_all(*client);
      const Answer& answer = client->answer(5);
      assert_string_equal(answer.head.at(0).c_str(), ":status: 200");
      assert_true(answer.ended);
      if (&last == answers) expect(reply_texts(answer), {"You said: a"});
      if (&last != answers) assert_true(answer.data == loop.core().page.text());
      loop.finish();
    }
  }
}

// Where both the frames of the turn and the room for their answers end, the limit counts once.
void test_a_turn_that_ends_at_the_end_of_the_send_buffer(void**) {
  for (std::size_t left = 0; left < 500; left += 20) {
    LeanLoop loop(limits([](Limits& l) {
      l.send_bytes = 20 * 1024;
      l.turn_bytes = 32 * 1024;
      l.turn_frames = 4;
    }));
    const auto client = loop.connect_ready();
    FrameScript script = echo_call(1, "Reply", echo_data(std::string(16'000, 'x')));
    script.raw(echo_call(3, "Reply", echo_data(std::string(4'300 - left, 'x'))).bytes());
    client->send(script.ping(1));
    loop.settle();
    assert_int_equal(loop.count(LimitId::TurnFrames), 1);
    loop.read_all(*client);
    loop.finish();
  }
}

// Replies that wait for windows are sent in parts, too, although one frame opens all windows.
void test_frames_that_one_frame_lets_go(void**) {
  constexpr std::uint32_t kCalls = 100;
  LeanLoop loop(limits([](Limits& l) { l.turn_frames = 20; }));
  const auto busy = loop.connect();
  busy->send(hello().settings({{4, 0}}).settings_ack().raw(small_calls(kCalls).bytes()));
  loop.settle();
  assert_int_equal(answered(*busy, kCalls), 0);
  busy->send(FrameScript().settings({{4, 1000}}));
  loop.turn();
  assert_int_equal(answered(*busy, kCalls), 80);
  loop.settle();
  assert_int_equal(answered(*busy, kCalls), kCalls);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_frames_of_one_turn),
      cmocka_unit_test(test_fields_of_one_turn),
      cmocka_unit_test(test_bytes_of_one_turn),
      cmocka_unit_test(test_a_full_receive_buffer),
      cmocka_unit_test(test_the_work_of_metadata_in_a_reply),
      cmocka_unit_test(test_metadata_of_replies_counts),
      cmocka_unit_test(test_a_data_frame_is_read_to_its_end),
      cmocka_unit_test(test_the_rest_of_a_data_frame_is_free),
      cmocka_unit_test(test_a_turn_without_blocks),
      cmocka_unit_test(test_an_end_without_blocks),
      cmocka_unit_test(test_half_a_frame_leaves_its_block_to_its_call),
      cmocka_unit_test(test_smallest_frames_without_blocks),
      cmocka_unit_test(test_a_header_that_is_cut_without_blocks),
      cmocka_unit_test(test_the_rest_of_a_kept_frame_without_blocks),
      cmocka_unit_test(test_a_field_that_waits_for_the_next_turn),
      cmocka_unit_test(test_input_that_waits_behind_unsent_bytes),
      cmocka_unit_test(test_a_call_that_waits_behind_unsent_bytes),
      cmocka_unit_test(test_calls_that_take_the_blocks_for_the_rest),
      cmocka_unit_test(test_input_that_waits_keeps_its_blocks),
      cmocka_unit_test(test_input_that_waits_has_no_deadline),
      cmocka_unit_test(test_an_end_behind_input_that_waits),
      cmocka_unit_test(test_a_close_behind_input_that_waits),
      cmocka_unit_test(test_a_close_behind_messages_that_wait),
      cmocka_unit_test(test_a_timer_has_a_turn_of_its_own),
      cmocka_unit_test(test_memory_has_a_turn_of_its_own),
      cmocka_unit_test(test_sent_frames_of_one_turn),
      cmocka_unit_test(test_sent_frames_of_large_replies),
      cmocka_unit_test(test_answers_at_the_end_of_the_send_buffer),
      cmocka_unit_test(test_a_turn_that_ends_at_the_end_of_the_send_buffer),
      cmocka_unit_test(test_frames_that_one_frame_lets_go),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
