// Compressed messages of requests and replies.
#include <algorithm>
#include <array>
#include <random>

#include "ask.h"
#include "echo.pb.h"
#include "gzip/gzip.h"
#include "mote/rpc/service.h"
#include "support/echo_text.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;
using engine::Limits;

template <class Change>
Limits gzip_limits(Change change) {
  return limits([&](Limits& chosen) {
    chosen.gzip = true;
    change(chosen);
  });
}
Limits gzip_limits() {
  return gzip_limits([](Limits&) {});
}

template <class Step>
std::string run(std::string_view input, Step step) {
  std::vector<std::uint8_t> room(1 << 20);
  ByteReader in(as_bytes(input));
  ByteWriter out(room);
  assert_true(step(in, out) == gzip::Progress::End);
  return std::string(as_text(out.written()));
}

std::string deflated(std::string_view text) {
  std::vector<std::uint8_t> memory(gzip::Gzip::kMemoryBytes);
  gzip::Gzip gzip(memory);
  gzip.begin_deflate();
  return run(text, [&](ByteReader& in, ByteWriter& out) { return gzip.deflate(in, out, true); });
}

std::string inflated(std::string_view bytes) {
  std::vector<std::uint8_t> memory(gzip::Gzip::kMemoryBytes);
  gzip::Gzip gzip(memory);
  gzip.begin_inflate();
  return run(bytes, [&](ByteReader& in, ByteWriter& out) { return gzip.inflate(in, out); });
}

// The DATA of one compressed request message.
std::string gzip_data(std::string_view text, std::uint32_t count = 0) {
  return framed(deflated(encoded(echo_request(text, count))), 1);
}

FrameScript gzip_call(std::string_view data, std::string_view method = "Reply", std::uint32_t stream = 1) {
  FrameScript script;
  script.headers(stream, echo_head(method, {{"grpc-encoding", "gzip"}}));
  add_data(script, stream, data, true);
  return script;
}

FrameScript accepting_call(std::string_view data, std::string_view accepted = "identity, deflate,gzip") {
  return echo_call(1, "Reply", data, {{"grpc-accept-encoding", accepted}});
}

std::string random_text(std::size_t size, std::mt19937& random) {
  std::string text(size, '\0');
  std::generate(text.begin(), text.end(), [&] { return static_cast<char>(pick(random, 127)); });
  return text;
}
std::string random_text(std::size_t size) {
  std::mt19937 random = seeded_random();
  return random_text(size, random);
}

// --- Requests ---

void test_a_compressed_request(void**) {
  const std::string texts[] = {"", "a", std::string(60'000, 'a'), random_text(60'000)};
  for (const std::string& text : texts) {
    const Answer answer = ask(gzip_call(gzip_data(text)), gzip_limits());
    assert_string_equal(answer.status().c_str(), "0");
    assert_string_equal(answer.field("grpc-encoding").c_str(), "none");
    assert_true(reply_texts(answer) == Lines{"You said: " + text});
  }
}

// Its parts come in any pieces, and beyond the window of the stream it waits for memory.
void test_a_compressed_request_in_pieces(void**) {
  const std::string text = random_text(50'000);
  const std::string data = gzip_data(text);
  LeanLoop loop(gzip_limits([](Limits& chosen) { chosen.stream_window_bytes = 2048; }));
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Reply", {{"grpc-encoding", "gzip"}})));
  const std::size_t sizes[] = {1, 3, 1, 1, 2000, 42, 10'000, 16'384};
  std::size_t at = 0;
  for (const std::size_t size : sizes) {
    client->send(FrameScript().data(1, data.substr(at, size)));
    at += size;
    loop.settle();
  }
  client->send(FrameScript().data(1, data.substr(at), http2::kEndStream));
  loop.settle();
  assert_true(reply_texts(client->answer(1)) == Lines{"You said: " + text});
  assert_int_equal(loop.used_blocks(), 0);
  assert_int_equal(loop.core().inflated.messages, 1);
  assert_int_equal(loop.core().inflated.compressed_bytes, data.size() - 5);
  assert_int_equal(loop.core().inflated.plain_bytes, encoded(echo_request(text)).size());
  loop.finish();
}

void test_compressed_and_plain_messages_in_one_stream(void**) {
  const std::string data = gzip_data("one") + echo_data("two") + gzip_data(std::string(3000, '3'));
  const Answer answer = ask(gzip_call(data, "Chat"), gzip_limits());
  expect(reply_texts(answer), {"1 You said: one", "2 You said: two", "3 You said: " + std::string(3000, '3')});
}

void expect_refused(const Answer& answer, std::string_view status, std::string_view message) {
  expect({answer.status(), answer.message()}, {std::string(status), std::string(message)});
  expect(answer.messages(), {});
}

void test_what_is_no_gzip(void**) {
  constexpr const char* kMalformed = "a compressed message is malformed";
  const std::string good = deflated(encoded(echo_request("hello")));
  std::string bad_checksum = good;
  bad_checksum[good.size() - 8] ^= 1;
  std::string bad_length = good;
  bad_length[good.size() - 4] ^= 1;
  for (const std::string& message : {std::string(), std::string("hello"), good.substr(0, good.size() - 1),
                                     good.substr(0, 12), good + "x", good + good, bad_checksum, bad_length}) {
    expect_refused(ask(gzip_call(framed(message, 1)), gzip_limits()), "13", kMalformed);
  }
}

// A unary call whose message begins with a frame of one byte behind the prefix.
void send_in_two_frames(LeanLoop& loop, const RawClient& client, const std::string& data) {
  client.send(FrameScript().headers(1, echo_head("Reply", {{"grpc-encoding", "gzip"}})));
  client.send(FrameScript().data(1, data.substr(0, 6)));
  loop.settle();
  client.send(FrameScript().data(1, data.substr(6), http2::kEndStream));
  loop.settle();
}

// Of a message in two frames, wherever it is cut: what a last byte stands for may be more than fits at once.
void test_a_message_cut_short_in_pieces(void**) {
  const std::string good = deflated(encoded(echo_request(std::string(60'000, 'x'))));
  for (std::size_t size = 2; size < good.size(); ++size) {
    LeanLoop loop(gzip_limits());
    const auto client = loop.connect_ready();
    send_in_two_frames(loop, *client, framed(good.substr(0, size), 1));
    expect_refused(client->answer(1), "13", "a compressed message is malformed");
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

// The last byte of the message is alone in its block.
void test_a_message_that_ends_at_the_start_of_a_block(void**) {
  std::mt19937 random = seeded_random();
  std::string text;
  std::string data;
  do {
    text += static_cast<char>(pick(random, 127));
    data = gzip_data(text);
  } while (data.size() % lean::BlockPool::kSmallBytes != 5 + 1);
  LeanLoop loop(gzip_limits());
  const auto client = loop.connect_ready();
  send_in_two_frames(loop, *client, data);
  assert_true(reply_texts(client->answer(1)) == Lines{"You said: " + text});
  loop.finish();
}

void test_other_encodings(void**) {
  const std::string data = gzip_data("hello");
  expect_refused(ask(echo_call(1, "Reply", data), gzip_limits()), "13", "a compressed message without grpc-encoding");
  expect_refused(ask(echo_call(1, "Reply", data, {{"grpc-encoding", "identity"}}), gzip_limits()), "13",
                 "a compressed message without grpc-encoding");
  const Answer answer = ask(echo_call(1, "Reply", data, {{"grpc-encoding", "deflate"}}), gzip_limits());
  expect_trailers_only(answer, {"grpc-accept-encoding: identity,gzip", "grpc-status: 12",
                                "grpc-message: the compression of the message is not supported"});
}

// --- The size of what a message contains ---

Limits small_messages(Limits& chosen) {
  chosen.max_message_bytes = 1024;
  return chosen;
}

void test_messages_up_to_the_limit(void**) {
  const Limits small = gzip_limits(small_messages);
  const std::string most(1024 - 3, 'm');
  assert_true(reply_texts(ask(gzip_call(gzip_data(most)), small)) == Lines{"You said: " + most});
  expect_refused(ask(gzip_call(gzip_data(most + "m")), small), "8",
                 "request message exceeds, decompressed, the limit of 1024 bytes");
}

// The work ends at the limit, whatever follows.
void test_a_bomb(void**) {
  const std::string bomb = deflated(std::string(1'000'000, '\0'));
  LeanLoop loop(gzip_limits([](Limits& chosen) { chosen.max_message_bytes = 16 * 1024; }));
  const auto client = loop.connect_ready();
  client->send(gzip_call(framed(bomb, 1)));
  loop.settle();
  expect_refused(client->answer(1), "8", "request message exceeds, decompressed, the limit of 16384 bytes");
  assert_int_equal(loop.count(LimitId::MaxMessageBytes), 1);
  assert_in_range(loop.core().most_work.gzip_bytes, 16 * 1024, 16 * 1024 + lean::kComposeBytes);
  assert_int_equal(loop.core().inflated.messages, 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Many messages in one frame, each of which grows a thousandfold: a turn takes turn-bytes of them and one message, and other
// connections get their turns between.
void test_the_work_of_a_turn_is_bounded(void**) {
  constexpr std::size_t kMessages = 50;
  const Limits chosen = gzip_limits([](Limits& l) { l.turn_bytes = 17 * 1024; });
  LeanLoop loop(chosen);
  const auto busy = loop.connect_ready();
  const auto other = loop.connect_ready();
  const std::string text(60'000, 'x');
  std::string data;
  for (std::size_t i = 0; i < kMessages; ++i)
    data += gzip_data(text);
  assert_in_range(data.size(), 1, 16'384);
  busy->send(gzip_call(data, "Collect"));
  for (std::uint32_t stream = 1; stream <= 9; stream += 2) {
    other->send(echo_call(stream, "Reply", echo_data("hello")));
    loop.turn();
    loop.turn();
    expect(reply_texts(other->answer(stream)), {"You said: hello"});
    assert_false(busy->answer(1).ended);
  }
  loop.settle();
  const Answer& answer = busy->answer(1);
  assert_string_equal(answer.status().c_str(), "0");
  echo_EchoSummary summary{};
  const std::string message = answer.messages().at(0);
  const mote_piece piece{nullptr, as_bytes(message).data(), message.size()};
  assert_true(codec::decode(&piece, message.size(), summary).ok());
  assert_int_equal(summary.messages, kMessages);
  assert_int_equal(summary.bytes, kMessages * text.size());
  assert_in_range(loop.core().most_work.gzip_bytes, text.size(), chosen.turn_bytes + text.size() + 10);
  assert_true(loop.count(LimitId::TurnBytes) >= kMessages - 1);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// A call that ends while the rest of its frame waits takes that with it.
void test_a_call_that_ends_between_its_messages(void**) {
  LeanLoop loop(gzip_limits());
  const auto client = loop.connect_ready();
  std::string data;
  for (int i = 0; i < 20; ++i)
    data += gzip_data(std::string(60'000, 'x'));
  client->send(echo_call(1, "Collect", data, {{"grpc-encoding", "gzip"}, {"grpc-timeout", "1S"}}));
  loop.turn();
  loop.turn();
  loop.pass(1s);
  assert_string_equal(client->answer(1).status().c_str(), "4");
  client->send(gzip_call(gzip_data("again"), "Reply", 3));
  loop.settle();
  expect(reply_texts(client->answer(3)), {"You said: again"});
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Takes blocks of the pool until at most `left` are free.
void hold_all_but(LeanLoop& loop, std::size_t left, std::vector<lean::Block*>& held) {
  while (loop.core().blocks.free_small() > left)
    held.push_back(loop.core().blocks.take_large());
}

void release_all(LeanLoop& loop, std::vector<lean::Block*>& held) {
  for (lean::Block* block : held)
    loop.core().blocks.release(*block);
  held.clear();
  loop.settle();
}

// A message in one frame, which grows beyond the memory that is free.
void test_a_message_waits_for_the_memory_of_what_it_contains(void**) {
  LeanLoop loop(gzip_limits());
  const auto client = loop.connect_ready();
  std::vector<lean::Block*> held;
  hold_all_but(loop, 24, held);
  const std::size_t before = loop.used_blocks();
  const std::string text(60'000, 'x');
  client->send(gzip_call(gzip_data(text)));
  loop.settle();
  assert_false(client->answer(1).ended);
  assert_int_equal(loop.count(LimitId::StreamWindowBytes), 1);
  assert_int_equal(loop.used_blocks() - before, 1);
  // What is small needs no more memory than there is.
  client->send(gzip_call(gzip_data("hello"), "Reply", 3));
  loop.settle();
  expect(reply_texts(client->answer(3)), {"You said: hello"});
  assert_false(client->answer(1).ended);
  release_all(loop, held);
  assert_true(reply_texts(client->answer(1)) == Lines{"You said: " + text});
  assert_int_equal(loop.used_blocks(), 0);
  assert_int_equal(loop.core().inflated.messages, 2);
  loop.finish();
}

// The rest of its frame and other frames wait behind it, and so does the end of the request.
void test_the_stream_waits_behind_a_message(void**) {
  LeanLoop loop(gzip_limits());
  const auto client = loop.connect_ready();
  std::vector<lean::Block*> held;
  hold_all_but(loop, 16, held);
  const std::string one(30'000, '1');
  const std::string three(20'000, '3');
  const std::string data = gzip_data(one) + echo_data("two") + gzip_data(three) + echo_data("four") + gzip_data("five");
  const std::size_t parts[] = {gzip_data(one).size() + 3, 1, 1, 50};
  client->send(FrameScript().headers(1, echo_head("Chat", {{"grpc-encoding", "gzip"}})));
  std::size_t at = 0;
  for (const std::size_t part : parts) {
    client->send(FrameScript().data(1, data.substr(at, part)));
    at += part;
    loop.settle();
  }
  assert_in_range(at, 1, data.size());
  client->send(FrameScript().data(1, data.substr(at), http2::kEndStream));
  loop.settle();
  expect(client->answer(1).messages(), {});
  release_all(loop, held);
  loop.read_all(*client);
  const Answer& answer = client->answer(1);
  assert_true(reply_texts(answer) == (Lines{"1 You said: " + one, "2 You said: two", "3 You said: " + three,
                                            "4 You said: four", "5 You said: five"}));
  assert_string_equal(answer.status().c_str(), "0");
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// A part of a message that has arrived while it waited is its beginning.
void test_a_request_may_end_within_what_waits(void**) {
  const std::string text(60'000, 'x');
  for (const bool cut_short : {false, true}) {
    LeanLoop loop(gzip_limits());
    const auto client = loop.connect_ready();
    std::vector<lean::Block*> held;
    hold_all_but(loop, 24, held);
    const std::string next = gzip_data(text);
    client->send(FrameScript().headers(1, echo_head("Collect", {{"grpc-encoding", "gzip"}})));
    client->send(
        FrameScript().data(1, gzip_data(text) + next.substr(0, 30), cut_short ? http2::kEndStream : std::uint8_t{0}));
    loop.settle();
    release_all(loop, held);
    if (!cut_short) client->send(FrameScript().data(1, next.substr(30), http2::kEndStream));
    loop.settle();
    const Answer& answer = client->answer(1);
    assert_string_equal(answer.status().c_str(), cut_short ? "13" : "0");
    if (cut_short) assert_string_equal(answer.message().c_str(), "the last message is incomplete");
    assert_int_equal(loop.core().inflated.messages, cut_short ? 1 : 2);
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

// The peer may send the next message, and has message-timeout-ms for it.
void test_the_stream_goes_on_behind_a_message_that_waited(void**) {
  LeanLoop loop(gzip_limits([](Limits& chosen) {
    chosen.stream_window_bytes = 2048;
    chosen.keepalive = 0ms;
  }));
  const auto client = loop.connect_ready();
  std::vector<lean::Block*> held;
  hold_all_but(loop, 24, held);
  const std::string data = gzip_data(random_text(1500) + std::string(50'000, 'x'));
  assert_in_range(data.size(), 1400, 2000);
  client->send(FrameScript().headers(1, echo_head("Collect", {{"grpc-encoding", "gzip"}})));
  client->send(FrameScript().data(1, data + data.substr(0, 3)));
  loop.settle();
  expect(client->control(), {});
  release_all(loop, held);
  assert_int_equal(loop.core().inflated.messages, 1);
  expect(client->control(), {"WINDOW_UPDATE 1 +" + std::to_string(data.size() + 3)});
  loop.pass(29s);
  assert_false(client->answer(1).ended);
  loop.pass(1s);
  assert_true(client->answer(1).ended);
  assert_string_equal(client->answer(1).status().c_str(), "4");
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// What waited for memory is work for a turn too, however many calls it waited in: others get their turns between.
void test_the_work_that_waited_is_bounded_in_a_turn(void**) {
  constexpr std::size_t kMessages = 10;
  const Limits chosen = gzip_limits([](Limits& l) { l.turn_bytes = 17 * 1024; });
  LeanLoop loop(chosen);
  const auto busy = loop.connect_ready();
  const auto other = loop.connect_ready();
  std::vector<lean::Block*> held;
  hold_all_but(loop, 40, held);
  const std::string text(60'000, 'x');
  std::string data;
  for (std::size_t i = 0; i < kMessages; ++i)
    data += gzip_data(text);
  for (const std::uint32_t stream : {1U, 3U})
    busy->send(gzip_call(data, "Collect", stream));
  loop.settle();
  assert_int_equal(loop.core().inflated.messages, 0);
  for (lean::Block* block : held)
    loop.core().blocks.release(*block);
  std::uint32_t stream = 1;
  for (std::size_t done = 0; done < 2 * kMessages; stream += 2) {
    other->send(echo_call(stream, "Reply", echo_data("hello")));
    loop.turn();
    expect(reply_texts(other->answer(stream)), {"You said: hello"});
    assert_in_range(loop.core().inflated.messages - done, 0, 1);
    done = loop.core().inflated.messages;
    assert_in_range(stream, 1, 100);
  }
  loop.settle();
  assert_string_equal(busy->answer(1).status().c_str(), "0");
  assert_string_equal(busy->answer(3).status().c_str(), "0");
  assert_in_range(loop.core().most_work.gzip_bytes, text.size(), chosen.turn_bytes + text.size() + 10);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// It waits for message-timeout-ms at most.
void test_a_message_does_not_wait_for_ever(void**) {
  LeanLoop loop(gzip_limits([](Limits& chosen) { chosen.keepalive = 0ms; }));
  const auto client = loop.connect_ready();
  std::vector<lean::Block*> held;
  hold_all_but(loop, 24, held);
  const std::size_t before = loop.used_blocks();
  client->send(gzip_call(gzip_data(std::string(60'000, 'x'))));
  loop.settle();
  loop.pass(29s);
  assert_false(client->answer(1).ended);
  loop.pass(1s);
  expect_refused(
      client->answer(1), "8",
      "the calls of all connections hold all of the 1048576 bytes of buffers: fewer calls at once, or smaller "
      "messages");
  assert_int_equal(loop.used_blocks(), before);
  release_all(loop, held);
  loop.finish();
}

// A fault in the last bytes shows when there is memory for the others.
void test_a_message_that_waited_may_be_malformed(void**) {
  LeanLoop loop(gzip_limits());
  const auto client = loop.connect_ready();
  std::vector<lean::Block*> held;
  hold_all_but(loop, 24, held);
  std::string bytes = deflated(encoded(echo_request(std::string(60'000, 'x'))));
  bytes.back() ^= 1;
  client->send(gzip_call(framed(bytes, 1) + gzip_data("more"), "Collect"));
  loop.settle();
  assert_false(client->answer(1).ended);
  release_all(loop, held);
  expect_refused(client->answer(1), "13", "a compressed message is malformed");
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

void test_a_call_that_ends_while_its_message_waits(void**) {
  LeanLoop loop(gzip_limits());
  const auto client = loop.connect_ready();
  std::vector<lean::Block*> held;
  hold_all_but(loop, 24, held);
  const std::size_t before = loop.used_blocks();
  const std::string data = gzip_data(std::string(60'000, 'x')) + gzip_data("more");
  client->send(echo_call(1, "Collect", data, {{"grpc-encoding", "gzip"}, {"grpc-timeout", "1S"}}));
  client->send(gzip_call(data, "Collect", 3));
  loop.settle();
  assert_int_equal(loop.used_blocks() - before, 2);
  client->send(FrameScript().rst_stream(3, http2::ErrorCode::Cancel));
  loop.pass(1s);
  assert_string_equal(client->answer(1).status().c_str(), "4");
  assert_int_equal(loop.used_blocks(), before);
  release_all(loop, held);
  loop.finish();
}

// With large windows, and with memory for the promise and two messages alone. The blocks for what a message may contain are
// taken when it is admitted, so that it ends although others take the rest of the pool. The second waits until then.
void test_an_admitted_message_always_has_memory(void**) {
  LeanLoop loop(gzip_limits([](Limits& chosen) {
    chosen.stream_window_bytes = 2048;
    chosen.large_sockets = 1;
    chosen.large_windows = 1;
    chosen.keepalive = 0ms;
  }));
  const auto client = loop.connect_ready();
  client->send(FrameScript().settings({{4, 1U << 30U}}).window_update(0, 1U << 30U));
  loop.settle();
  assert_true(loop.connection().share().promised());
  std::mt19937 random = seeded_random();
  std::string text;
  while (text.size() < 40'000)
    text += static_cast<char>('a' + pick(random, 16));
  const std::string data = gzip_data(text);
  assert_in_range(data.size(), 18'000, 30'000);
  std::vector<lean::Block*> held;
  hold_all_but(loop, 144, held);
  const std::size_t before = loop.used_blocks();
  for (const std::uint32_t stream : {1U, 3U}) {
    client->send(FrameScript().headers(stream, echo_head("Reply", {{"grpc-encoding", "gzip"}})));
    client->send(FrameScript().data(stream, data.substr(0, 2000)));
    loop.settle();
    // All of max-message-bytes and a little more, and then the beginning of the other.
    assert_int_equal(loop.used_blocks() - before, stream == 1 ? 66 : 68);
  }
  assert_int_equal(loop.count(LimitId::StreamWindowBytes), 1);
  assert_int_equal(loop.count(LimitId::LargeWindows), 0);
  hold_all_but(loop, 64, held);
  const auto end = [&](std::uint32_t stream) {
    client->send(FrameScript().data(stream, data.substr(2000, 16'000)));
    loop.settle();
    client->send(FrameScript().data(stream, data.substr(18'000), http2::kEndStream));
    loop.settle();
    loop.read_all(*client);
    assert_string_equal(client->answer(stream).status().c_str(), "0");
    assert_true(reply_texts(client->answer(stream)) == Lines{"You said: " + text});
  };
  end(1);
  for (lean::Block* block : held)
    loop.core().blocks.release(*block);
  client->send(FrameScript().settings_ack());
  loop.settle();
  end(3);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// --- Replies ---

void test_a_compressed_reply(void**) {
  const std::string text(5000, 'r');
  LeanLoop loop(gzip_limits());
  const auto client = loop.connect_ready();
  client->send(accepting_call(echo_data(text)));
  loop.settle();
  const Answer& answer = client->answer(1);
  expect(answer.head, {":status: 200", "content-type: application/grpc", "grpc-encoding: gzip"});
  expect(answer.trailers, {"grpc-status: 0"});
  assert_int_equal(answer.data[0], 1);
  const std::string message = answer.messages().at(0);
  assert_true(reply_text(inflated(message)) == "You said: " + text);
  assert_int_equal(loop.core().deflated.messages, 1);
  assert_int_equal(loop.core().deflated.compressed_bytes, message.size());
  assert_int_equal(loop.core().deflated.plain_bytes, inflated(message).size());
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// From 256 bytes.
void test_the_least_message_that_is_compressed(void**) {
  const std::string text(256 - 3 - std::string_view("You said: ").size(), 'a');
  for (const bool least : {false, true}) {
    const std::string said = least ? text : text.substr(1);
    const Answer answer = ask(accepting_call(echo_data(said)), gzip_limits());
    const std::string message = answer.messages().at(0);
    assert_int_equal(answer.data[0], least ? 1 : 0);
    const std::string plain = least ? inflated(message) : message;
    assert_int_equal(plain.size(), least ? 256 : 255);
    assert_true(reply_text(plain) == "You said: " + said);
  }
}

void test_replies_that_are_not_compressed(void**) {
  const std::string text(5000, 'r');
  const std::pair<FrameScript, std::string> cases[] = {
      {echo_call(1, "Reply", echo_data(text)), text},     {accepting_call(echo_data(text), "identity,deflate"), text},
      {accepting_call(echo_data(text), "gzipped"), text}, {accepting_call(echo_data(text), ""), text},
      {accepting_call(echo_data("short")), "short"},
  };
  for (const auto& [script, said] : cases)
    assert_true(reply_texts(ask(script, gzip_limits())) == Lines{"You said: " + said});
  assert_true(reply_texts(ask(accepting_call(echo_data(text)))) == Lines{"You said: " + text});
}

// A text whose reply, compressed, has so many bytes more than as it is: noise, of which more and more is replaced.
std::string text_that_grows_by(std::ptrdiff_t bytes, std::mt19937& random) {
  for (;;) {
    std::string text = random_text(300, random);
    for (char& letter : text) {
      const std::string plain = encoded(echo_request("You said: " + text));
      if (std::ssize(deflated(plain)) - std::ssize(plain) == bytes) return text;
      letter = 'a';
    }
  }
}

// What does not become smaller is sent as it is.
void test_a_reply_is_compressed_if_it_becomes_smaller(void**) {
  std::mt19937 random = seeded_random();
  for (const std::ptrdiff_t growth : {-2, -1, 0, 1}) {
    const std::string text = text_that_grows_by(growth, random);
    const Answer answer = ask(accepting_call(echo_data(text)), gzip_limits());
    assert_string_equal(answer.field("grpc-encoding").c_str(), "gzip");
    const std::string message = answer.messages().at(0);
    assert_int_equal(answer.data[0], growth < 0 ? 1 : 0);
    assert_true(reply_text(growth < 0 ? inflated(message) : message) == "You said: " + text);
  }
}

// Its compressed bytes and what they contain are there at the same time, in part.
void test_an_admitted_message_that_does_not_shrink(void**) {
  const std::string text = random_text(65'400);
  const std::string data = gzip_data(text);
  assert_true(data.size() > 55'000);
  LeanLoop loop(gzip_limits([](Limits& chosen) { chosen.stream_window_bytes = 2048; }));
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Collect", {{"grpc-encoding", "gzip"}})));
  client->send(FrameScript().data(1, data.substr(0, 2000)));
  loop.settle();
  std::vector<lean::Block*> held;
  hold_all_but(loop, lean::BlockPool::kSmallInLarge - 1, held);
  for (std::size_t at = 2000; at < data.size(); at += 16'000) {
    const bool last = at + 16'000 >= data.size();
    client->send(FrameScript().data(1, data.substr(at, 16'000), last ? http2::kEndStream : std::uint8_t{0}));
    loop.settle();
  }
  assert_string_equal(client->answer(1).status().c_str(), "0");
  release_all(loop, held);
  loop.finish();
}

// It needs no memory if it is sent as it is.
void test_without_memory_a_reply_is_not_compressed(void**) {
  const std::string text(5000, 'r');
  for (const std::size_t left : {std::size_t{0}, std::size_t{8}}) {
    LeanLoop loop(gzip_limits());
    const auto client = loop.connect_ready();
    std::vector<lean::Block*> held;
    hold_all_but(loop, left, held);
    client->send(accepting_call(echo_data(text)));
    loop.settle();
    const Answer& answer = client->answer(1);
    expect(answer.trailers, {"grpc-status: 0"});
    assert_int_equal(answer.data[0], left == 0 ? 0 : 1);
    const std::string message = answer.messages().at(0);
    assert_true(reply_text(left == 0 ? message : inflated(message)) == "You said: " + text);
    release_all(loop, held);
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

// With metadata, and to a request that is compressed too.
void test_replies_of_a_stream(void**) {
  const std::string text(2000, 's');
  const Answer answer = ask(echo_call(1, "ReplyStream", gzip_data(text, 50),
                                      {{"grpc-encoding", "gzip"}, {"grpc-accept-encoding", "gzip"}, {"x-echo-a", "b"}}),
                            gzip_limits());
  expect(answer.head, {":status: 200", "content-type: application/grpc", "x-echo-a: b", "grpc-encoding: gzip"});
  const Lines messages = answer.messages();
  assert_int_equal(messages.size(), 50);
  for (std::size_t i = 0; i < 50; ++i)
    assert_true(reply_text(inflated(messages[i])) == std::to_string(i + 1) + " You said: " + text);
}

// A refusal has no messages, and so no grpc-encoding.
void test_trailers_only_names_no_encoding(void**) {
  expect_trailers_only(ask(echo_call(1, "None", echo_data("a"), {{"grpc-accept-encoding", "gzip"}}), gzip_limits()),
                       {"grpc-status: 12", "grpc-message: unknown method None of service echo.Echo"});
}

void test_compressing_is_bounded_in_a_turn(void**) {
  constexpr std::uint32_t kCalls = 6;
  const Limits chosen = gzip_limits([](Limits&) {});
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  const std::string text(40'000, 'x');
  for (std::uint32_t i = 0; i < kCalls; ++i) {
    client->send(echo_call(2 * i + 1, "ReplyStream", gzip_data(text, 10),
                           {{"grpc-encoding", "gzip"}, {"grpc-accept-encoding", "gzip"}}));
  }
  loop.settle();
  loop.read_all(*client);
  for (std::uint32_t i = 0; i < kCalls; ++i) {
    assert_string_equal(client->answer(2 * i + 1).status().c_str(), "0");
    assert_int_equal(client->answer(2 * i + 1).messages().size(), 10);
  }
  // A message in each direction, and what turn-bytes allows before.
  assert_in_range(loop.core().most_work.gzip_bytes, text.size(), chosen.turn_bytes + 2 * text.size() + 100);
  loop.finish();
}

// A turn without input, which stops because of what it has compressed.
void test_the_limit_of_a_turn_that_compresses(void**) {
  LeanLoop loop(gzip_limits([](Limits&) {}));
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "ReplyStream", gzip_data(std::string(40'000, 'x'), 30),
                         {{"grpc-encoding", "gzip"}, {"grpc-accept-encoding", "gzip"}}));
  loop.turn();
  for (int turn = 0; turn < 3; ++turn) {
    const std::uint64_t before = loop.count(LimitId::TurnBytes);
    loop.turn();
    assert_int_equal(loop.count(LimitId::TurnBytes), before + 1);
  }
  assert_int_equal(loop.count(LimitId::TurnFrames), 0);
  assert_int_equal(loop.count(LimitId::SendBytes), 0);
  loop.settle();
  loop.finish();
}

// --- For services ---

struct NoService {};

// Answers with the text of the request, compressed only if that was.
class Mirror : public rpc::BidiStreamingCall<NoService, echo_EchoReply> {
 public:
  void on_message(const echo_EchoRequest& request) {
    call().compress_replies(call().message_compressed());
    echo_EchoReply reply{};
    reply.message = request.message;
    send(reply);
  }
  void on_half_close() { finish(); }
};

void test_a_service_decides(void**) {
  static constexpr std::array kMethods = {
      rpc::streaming<NoService, Mirror, echo_EchoRequest>("/echo.Echo/Mirror", rpc::Kind::BidiStreaming)};
  const std::array services = {rpc::Service{"echo.Echo", kMethods}};
  LeanLoop loop(gzip_limits(), rpc::ServiceTable(services));
  const auto client = loop.connect_ready();
  const std::string text(1000, 'm');
  client->send(echo_call(1, "Mirror", gzip_data(text) + echo_data(text) + gzip_data(text),
                         {{"grpc-encoding", "gzip"}, {"grpc-accept-encoding", "gzip"}}));
  loop.settle();
  const Lines messages = client->answer(1).messages();
  assert_int_equal(messages.size(), 3);
  assert_true(reply_text(inflated(messages[0])) == text);
  assert_true(reply_text(messages[1]) == text);
  assert_true(reply_text(inflated(messages[2])) == text);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_compressed_request),
      cmocka_unit_test(test_a_compressed_request_in_pieces),
      cmocka_unit_test(test_compressed_and_plain_messages_in_one_stream),
      cmocka_unit_test(test_what_is_no_gzip),
      cmocka_unit_test(test_a_message_cut_short_in_pieces),
      cmocka_unit_test(test_a_message_that_ends_at_the_start_of_a_block),
      cmocka_unit_test(test_other_encodings),
      cmocka_unit_test(test_messages_up_to_the_limit),
      cmocka_unit_test(test_a_bomb),
      cmocka_unit_test(test_the_work_of_a_turn_is_bounded),
      cmocka_unit_test(test_a_call_that_ends_between_its_messages),
      cmocka_unit_test(test_a_message_waits_for_the_memory_of_what_it_contains),
      cmocka_unit_test(test_the_stream_waits_behind_a_message),
      cmocka_unit_test(test_a_request_may_end_within_what_waits),
      cmocka_unit_test(test_the_stream_goes_on_behind_a_message_that_waited),
      cmocka_unit_test(test_the_work_that_waited_is_bounded_in_a_turn),
      cmocka_unit_test(test_a_message_does_not_wait_for_ever),
      cmocka_unit_test(test_a_message_that_waited_may_be_malformed),
      cmocka_unit_test(test_a_call_that_ends_while_its_message_waits),
      cmocka_unit_test(test_an_admitted_message_always_has_memory),
      cmocka_unit_test(test_a_compressed_reply),
      cmocka_unit_test(test_the_least_message_that_is_compressed),
      cmocka_unit_test(test_replies_that_are_not_compressed),
      cmocka_unit_test(test_a_reply_is_compressed_if_it_becomes_smaller),
      cmocka_unit_test(test_an_admitted_message_that_does_not_shrink),
      cmocka_unit_test(test_without_memory_a_reply_is_not_compressed),
      cmocka_unit_test(test_replies_of_a_stream),
      cmocka_unit_test(test_trailers_only_names_no_encoding),
      cmocka_unit_test(test_compressing_is_bounded_in_a_turn),
      cmocka_unit_test(test_the_limit_of_a_turn_that_compresses),
      cmocka_unit_test(test_a_service_decides),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
