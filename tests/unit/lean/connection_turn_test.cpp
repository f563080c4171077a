// Turns of a connection: input in whole or in parts, a peer that does not read, HTTP/1.
#include <fcntl.h>
#include <sys/epoll.h>

#include <memory>
#include <vector>

#include "engine/log.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/logged.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::LimitId;
using engine::Limits;

void expect_reply(RawClient& client, std::uint32_t stream, const std::string& text) {
  const Answer& answer = client.answer(stream);
  expect(answer.head, {":status: 200", "content-type: application/grpc"});
  expect(reply_texts(answer), {text});
  expect(answer.trailers, {"grpc-status: 0"});
  assert_true(answer.ended);
  assert_string_equal(answer.reset.c_str(), "");
}

void test_a_unary_call_is_one_turn(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "Reply", echo_data("hello")));
  loop.turn();
  expect_reply(*client, 1, "You said: hello");
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  assert_false(loop.turn());
  loop.finish();
}

void test_bytes_are_counted(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  const FrameScript script = hello().settings_ack().raw(echo_call(1, "Reply", echo_data("hello")).bytes());
  client->send(script);
  loop.settle();
  assert_int_equal(loop.core().bytes_received, script.bytes().size());
  assert_int_equal(loop.core().bytes_sent, client->receive());
  client->close();
  loop.settle();
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.count(LimitId::TcpKeepalive), 0);
  assert_int_equal(loop.count(LimitId::ReceiveBytes), 0);
  loop.finish();
}

void test_many_calls_are_one_turn(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  FrameScript script;
  for (std::uint32_t stream = 1; stream < 40; stream += 2)
    script.raw(echo_call(stream, "Reply", echo_data(std::to_string(stream))).bytes());
  client->send(script);
  loop.turn();
  for (std::uint32_t stream = 1; stream < 40; stream += 2)
    expect_reply(*client, stream, "You said: " + std::to_string(stream));
  loop.finish();
}

void test_the_first_bytes_of_all_may_come_with_a_call(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(hello().raw(echo_call(1, "Reply", echo_data("hello")).bytes()));
  loop.turn();
  expect_reply(*client, 1, "You said: hello");
  expect(client->control(), {kSettings, "SETTINGS ack"});
  loop.finish();
}

void test_nothing_is_sent_before_the_first_bytes(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  loop.connection().run_again();
  loop.connection().on_events(EPOLLIN);
  expect(client->control(), {});
  client->send(hello());
  loop.settle();
  expect(client->control(), {kSettings, "SETTINGS ack"});
  loop.finish();
}

void test_a_descriptor_that_epoll_refuses(void**) {
  LeanLoop loop;
  const int file = ::open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  assert_true(file >= 0);
  assert_false(loop.open(file).start());
  assert_int_equal(loop.core().timers.size(), 0);
  loop.finish();
}

Octets conversation(std::string_view mark) {
  FrameScript script = hello();
  Block block = echo_head("Reply", {{"x-echo-mark", mark}});
  block.remembered("x-kept", mark).literal("x-more", std::string(200, 'm'));
  const Octets& fields = block.bytes();
  const auto middle = fields.begin() + static_cast<std::ptrdiff_t>(fields.size() / 2);
  script.settings_ack().frame(http2::FrameType::Headers, 0, 1, Octets(fields.begin(), middle));
  script.continuation(1, Octets(middle, fields.end()));
  const std::string data = echo_data(mark);
  script.data(1, data.substr(0, 3)).data(1, data.substr(3, 4)).data(1, data.substr(7), http2::kEndStream);
  return script.bytes();
}

void expect_conversation(RawClient& client, const std::string& mark) {
  const Answer& answer = client.answer(1);
  expect(reply_texts(answer), {"You said: " + mark});
  assert_string_equal(answer.status().c_str(), "0");
  assert_string_equal(answer.field("x-echo-mark").c_str(), mark.c_str());
}

// One connection's leftovers lie in memory that the other one works in.
void test_two_connections_byte_by_byte_do_not_mix(void**) {
  LeanLoop loop;
  const auto first = loop.connect();
  const auto second = loop.connect();
  const Octets one = conversation("first one");
  const Octets other = conversation("SECOND TWO");
  for (std::size_t i = 0; i < std::max(one.size(), other.size()); ++i) {
    if (i < one.size()) first->send({one[i]});
    if (i < other.size()) second->send({other[i]});
    loop.turn();
  }
  loop.settle();
  expect_conversation(*first, "first one");
  expect_conversation(*second, "SECOND TWO");
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Cut once, at every byte; between the parts another connection is served and this one has turns of its own, without input.
void test_a_cut_at_any_byte_survives_turns_without_input(void**) {
  const Octets bytes = conversation("cut");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    LeanLoop loop;
    const auto client = loop.connect();
    const auto other = loop.connect();
    const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(cut);
    client->send(Octets(bytes.begin(), middle));
    loop.settle();
    loop.connection(0).run_again();
    other->send(conversation(std::string(300, '!')));
    loop.settle();
    loop.connection(0).on_events(EPOLLIN);
    loop.connection(0).on_events(EPOLLOUT);
    client->send(Octets(middle, bytes.end()));
    loop.settle();
    expect_conversation(*client, "cut");
    loop.finish();
  }
}

void test_a_message_in_parts_is_put_together(void**) {
  const std::string text(50'000, 't');
  const std::string data = echo_data(text);
  for (const std::size_t piece : {std::size_t{777}, std::size_t{8192}, std::size_t{16384}}) {
    LeanLoop loop;
    const auto client = loop.connect_ready();
    client->send(FrameScript().headers(1, echo_head("Reply")));
    for (std::size_t at = 0; at < data.size(); at += piece) {
      const bool last = at + piece >= data.size();
      client->send(FrameScript().data(1, data.substr(at, piece), last ? http2::kEndStream : std::uint8_t{0}));
      loop.settle();
    }
    expect_reply(*client, 1, "You said: " + text);
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

// --- A peer that does not read ---

void test_a_peer_that_does_not_read_is_not_read(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  const std::string text(1000, 'x');
  FrameScript script;
  for (std::uint32_t stream = 1; stream < 120; stream += 2)
    script.raw(echo_call(stream, "Reply", echo_data(text)).bytes());
  client->send(script);
  loop.settle();
  assert_true(loop.used_blocks() > 0);
  const std::size_t held = loop.used_blocks();

  client->send(FrameScript().ping(7));
  loop.settle();
  assert_int_equal(loop.used_blocks(), held);

  std::size_t rounds = 0;
  while (client->receive() != 0 && ++rounds < 1000)
    loop.settle();
  for (std::uint32_t stream = 1; stream < 120; stream += 2)
    expect_reply(*client, stream, "You said: " + text);
  const Lines control = client->control();
  assert_string_equal(control.back().c_str(), "PING ack 7");
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Replies and answers to PINGs fill the buffer in the middle of a turn, and the socket takes a part of it. The rest of the last
// reply, which waits for room, must not go into the buffer again in this turn.
void test_output_behind_a_full_socket_is_kept(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.send_bytes = 20 * 1024;
    limits.turn_bytes = 32 * 1024;
  });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready(4096);
  const std::string text(12'000, 'x');
  FrameScript script;
  for (const std::uint32_t stream : {1U, 3U})
    script.raw(echo_call(stream, "Reply", echo_data(text)).bytes());
  // WINDOW_UPDATE is a reason to try the last reply again at the end of the turn.
  client->send(script.window_update(0, 1).ping(1).ping(2).ping(3));
  loop.settle();
  assert_int_equal(loop.open_calls(), 1);
  loop.read_all(*client);
  for (const std::uint32_t stream : {1U, 3U})
    expect_reply(*client, stream, "You said: " + text);
  expect(client->control(), {"PING ack 1", "PING ack 2", "PING ack 3"});
  loop.finish();
}

void test_unsent_bytes_are_released_with_their_connection(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  client->send(echo_call(1, "Reply", echo_data(std::string(10'000, 'x'))));
  client->send(FrameScript().headers(3, echo_head("Chat")));
  loop.settle();
  assert_true(loop.used_blocks() > 0);
  client->close();
  loop.settle();
  assert_int_equal(loop.connections(), 0);
  loop.finish();
}

// All have more input than a turn takes, and wait for the next turn when one of them ends.
void test_a_connection_ends_while_several_wait_for_the_next_turn(void**) {
  for (const std::size_t ended : {0U, 1U, 2U}) {
    LeanLoop loop(limits([](Limits& limits) { limits.turn_frames = 4; }));
    std::vector<std::unique_ptr<RawClient>> clients;
    FrameScript script;
    for (const std::uint32_t stream : {1U, 3U, 5U, 7U, 9U})
      script.raw(echo_call(stream, "Reply", echo_data("hello")).bytes());
    for (int i = 0; i < 3; ++i)
      clients.push_back(loop.connect_ready());
    for (const auto& client : clients)
      client->send(script);
    loop.turn();
    for (std::size_t i = 0; i < clients.size(); ++i)
      assert_true(loop.connection(i).in_again_list);
    loop.core().owner.close(loop.connection(ended));
    loop.settle();
    assert_int_equal(loop.connections(), 2);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      clients[i]->receive();
      assert_int_equal(clients[i]->answer(9).ended, i != ended);
    }
    loop.finish();
  }
}

// A window shut by the client holds back replies, and the credit for what it sends further.
void test_a_closed_window_delays_replies_and_window_updates(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack().headers(1, echo_head("Chat")));
  const std::string text(15'000, 'c');
  for (int i = 0; i < 3; ++i)
    client->send(FrameScript().data(1, echo_data(text)));
  loop.settle();
  expect(client->answer(1).messages(), {});
  expect(client->control(), {kSettings, "SETTINGS ack", "SETTINGS ack", "WINDOW_UPDATE 0 +45024"});

  client->send(FrameScript().window_update(1, 50'000));
  loop.settle();
  expect(client->control(), {"WINDOW_UPDATE 1 +45024"});
  expect(reply_texts(client->answer(1)), {"1 You said: " + text, "2 You said: " + text, "3 You said: " + text});
  assert_int_equal(loop.used_blocks(), 0);

  // Once more: granted bytes are not granted twice.
  for (int i = 0; i < 3; ++i)
    client->send(FrameScript().data(1, echo_data(text)));
  loop.settle();
  expect(client->control(), {"WINDOW_UPDATE 0 +45024"});
  client->send(FrameScript().window_update(0, 100'000).window_update(1, 100'000));
  loop.settle();
  expect(client->control(), {"WINDOW_UPDATE 1 +45024"});
  assert_int_equal(client->answer(1).messages().size(), 6);
  client->send(FrameScript().data(1, "", http2::kEndStream));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  loop.finish();
}

// --- More to send than the shared buffer holds ---

// The trailers do not fit after the other output, and no event would cause another attempt.
void test_trailers_without_room_go_out_in_the_next_turn(void**) {
  const Limits small = limits([](Limits& chosen) { chosen.send_bytes = 20 * 1024; });
  for (std::size_t left = 0; left < 9000; left += 250) {
    LeanLoop loop(small);
    const auto client = loop.connect_ready();
    const std::string mark(3000, 'm');
    FrameScript script = echo_call(1, "Reply", echo_data(std::string(16'000 - left, 'x')));
    script.raw(echo_call(3, "Reply", echo_data("a"), {{"x-echo-mark", mark}}).bytes());
    client->send(script);
    loop.settle();
    assert_string_equal(client->answer(1).status().c_str(), "0");
    expect(reply_texts(client->answer(3)), {"You said: a"});
    assert_string_equal(client->answer(3).status().c_str(), "0");
    assert_int_equal(loop.open_calls(), 0);
    loop.finish();
  }
}

// Answers that need no call are sent in the middle of a turn, too.
void test_answers_behind_a_full_send_buffer(void**) {
  LeanLoop loop(limits([](Limits& chosen) {
    chosen.send_bytes = 20 * 1024;
    chosen.turn_bytes = 32 * 1024;
    chosen.turn_frames = 1000;
  }));
  const auto client = loop.connect_ready();
  const std::string text(1000, 'x');
  FrameScript script;
  for (std::uint32_t stream = 1; stream < 40; stream += 2)
    script.raw(echo_call(stream, "Reply", echo_data(text)).bytes());
  for (std::uint64_t i = 0; i < 200; ++i)
    script.ping(i);
  client->send(script);
  loop.turn();
  Lines control = client->control();
  assert_int_equal(control.size(), 200);
  assert_string_equal(control.back().c_str(), "PING ack 199");
  loop.settle();
  for (std::uint32_t stream = 1; stream < 40; stream += 2)
    expect_reply(*client, stream, "You said: " + text);
  loop.finish();
}

// A reply larger than a frame waits in blocks, and its handler with it, until the next turn.
void test_a_stream_of_large_replies_continues_by_itself(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(hello().settings({{4, 1 << 24}}).settings_ack().window_update(0, 1 << 24));
  const std::string text(20'000, 'l');
  FrameScript script = FrameScript().headers(1, echo_head("ReplyStream"));
  add_data(script, 1, echo_data(text, 5), true);
  client->send(script);
  loop.settle();
  assert_int_equal(client->answer(1).messages().size(), 5);
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

void test_congested_streams_take_turns(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(hello().settings({{4, 1 << 24}}).settings_ack().window_update(0, 1 << 24));
  loop.settle();
  const std::string text(1000, 't');
  FrameScript script = echo_call(1, "ReplyStream", echo_data(text, 2000));
  script.raw(echo_call(3, "ReplyStream", echo_data(text, 2000)).bytes());
  client->send(script);
  std::size_t first = 0;
  std::size_t second = 0;
  for (int turn = 0; turn < 40; ++turn) {
    loop.turn();
    first = client->answer(1).messages().size();
    second = client->answer(3).messages().size();
  }
  assert_true(first > 300 && second > 300);
  assert_true(std::max(first, second) - std::min(first, second) < 100);
  for (int rounds = 0; rounds < 1000 && loop.open_calls() != 0; ++rounds) {
    loop.turn();
    client->receive();
  }
  assert_int_equal(client->answer(1).messages().size(), 2000);
  assert_int_equal(client->answer(3).messages().size(), 2000);
  assert_true(loop.count(LimitId::SendBytes) > 0);
  loop.finish();
}

// --- HTTP/1 ---

void test_http1_gets_the_page(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(octets("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
  loop.settle();
  const std::string text = client->text();
  assert_true(text.starts_with("HTTP/1.1 200 OK\r\n"));
  assert_true(text.find("This is mote-gateway") != std::string::npos);
  assert_true(client->closed());
  client->close();
  loop.settle();
  assert_int_equal(loop.connections(), 0);
  loop.finish();
}

void test_other_protocols_get_goaway(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(octets("SSH-2.0-OpenSSH_9.2\r\n"));
  loop.settle();
  expect(client->control(), {kSettings, "GOAWAY 0 PROTOCOL_ERROR not an HTTP/2 connection preface"});
  assert_true(client->closed());
  assert_int_equal(loop.count(LimitId::MaxHeaderTableBytes), 0);
  loop.finish();
}

// --- The log ---

void test_the_log_says_why_a_connection_fails(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, Block().indexed(100)));
  const std::string log = logged([&] { loop.settle(); });
  assert_true(log.find("event=connection-error peer=unix: code=COMPRESSION_ERROR reason=") != std::string::npos);
  assert_int_equal(loop.count(LimitId::MaxHeaderTableBytes), 1);
  loop.finish();
}

void test_the_log_has_resets_and_goaway_if_asked_for(void**) {
  engine::set_log_level(engine::LogLevel::Debug);
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Collect")).rst_stream(1, http2::ErrorCode::Cancel));
  client->send(FrameScript().goaway(0, http2::ErrorCode::NoError, "bye"));
  const std::string log = logged([&] { loop.settle(); });
  engine::set_log_level(engine::LogLevel::Info);
  assert_true(log.find("event=call-reset stream=1 by=peer code=CANCEL\n") != std::string::npos);
  assert_true(log.find("event=peer-goaway code=NO_ERROR reason=bye\n") != std::string::npos);
  loop.finish();
}

// A quarter of reserved-streams is for one address, and is free again after each health check.
void test_health_checks_of_one_address(void**) {
  LeanLoop loop(limits([](Limits& l) {
    l.max_streams = 4;
    l.reserved_streams = 9;
  }));
  const auto client = loop.connect_ready();
  std::uint32_t stream = 1;
  for (int i = 0; i < 4; ++i, stream += 2)
    client->send(FrameScript().headers(stream, echo_head("Collect")));
  for (int round = 0; round < 3; ++round) {
    const std::uint32_t first = stream;
    for (int i = 0; i < 3; ++i, stream += 2)
      client->send(FrameScript().headers(stream, call_head("/grpc.health.v1.Health/Check")));
    loop.settle();
    assert_int_equal(loop.open_calls(), 6);
    assert_string_equal(client->answer(first + 4).reset.c_str(), "REFUSED_STREAM");
    for (const std::uint32_t open : {first, first + 2})
      client->send(FrameScript().data(open, framed(""), http2::kEndStream));
    loop.settle();
    assert_int_equal(loop.open_calls(), 4);
    assert_string_equal(client->answer(first).status().c_str(), "0");
  }
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_unary_call_is_one_turn),
      cmocka_unit_test(test_bytes_are_counted),
      cmocka_unit_test(test_many_calls_are_one_turn),
      cmocka_unit_test(test_the_first_bytes_of_all_may_come_with_a_call),
      cmocka_unit_test(test_nothing_is_sent_before_the_first_bytes),
      cmocka_unit_test(test_a_descriptor_that_epoll_refuses),
      cmocka_unit_test(test_two_connections_byte_by_byte_do_not_mix),
      cmocka_unit_test(test_a_cut_at_any_byte_survives_turns_without_input),
      cmocka_unit_test(test_a_message_in_parts_is_put_together),
      cmocka_unit_test(test_a_peer_that_does_not_read_is_not_read),
      cmocka_unit_test(test_output_behind_a_full_socket_is_kept),
      cmocka_unit_test(test_unsent_bytes_are_released_with_their_connection),
      cmocka_unit_test(test_a_connection_ends_while_several_wait_for_the_next_turn),
      cmocka_unit_test(test_a_closed_window_delays_replies_and_window_updates),
      cmocka_unit_test(test_trailers_without_room_go_out_in_the_next_turn),
      cmocka_unit_test(test_answers_behind_a_full_send_buffer),
      cmocka_unit_test(test_a_stream_of_large_replies_continues_by_itself),
      cmocka_unit_test(test_congested_streams_take_turns),
      cmocka_unit_test(test_http1_gets_the_page),
      cmocka_unit_test(test_other_protocols_get_goaway),
      cmocka_unit_test(test_the_log_says_why_a_connection_fails),
      cmocka_unit_test(test_the_log_has_resets_and_goaway_if_asked_for),
      cmocka_unit_test(test_health_checks_of_one_address),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
