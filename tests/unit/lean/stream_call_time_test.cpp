// Deadlines, messages that do not end, replies that are not read, and handlers that wait.
#include "engine/clock.h"
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

// --- The times of a reply ---

// The request arrived a second ago.
void test_the_times_of_a_reply(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  echo_EchoRequest request = echo_request("a");
  request.timing = true;
  loop.set_now(engine::steady_clock() - 1s);
  const std::uint64_t before = engine::wall_clock_us();
  client->send(echo_call(1, "Reply", framed(encoded(request))));
  loop.settle();
  const std::uint64_t after = engine::wall_clock_us();
  const echo_Timing timing = reply_timing(client->answer(1).messages().at(0)).value();
  assert_in_range(timing.received_us, before - 1'100'000, after - 900'000);
  assert_in_range(timing.sent_us, before, after);
  loop.finish();
}

// With a clock that a test moves, both are its time.
void test_the_times_of_a_clock_that_does_not_run(void**) {
  LeanLoop loop;
  loop.core().unix_start = 1'000'000s;
  const auto client = loop.connect_ready();
  echo_EchoRequest request = echo_request("a");
  request.timing = true;
  client->send(echo_call(1, "Reply", framed(encoded(request))));
  loop.settle();
  const echo_Timing timing = reply_timing(client->answer(1).messages().at(0)).value();
  const lean::Time time = loop.core().unix_start + loop.core().now;
  assert_int_equal(timing.received_us, time.count());
  assert_int_equal(timing.sent_us, time.count());
  loop.finish();
}

// --- Deadlines ---

void test_a_deadline_ends_a_call(void**) {
  for (const bool request_ended : {true, false}) {
    LeanLoop loop;
    const auto client = loop.connect_ready();
    FrameScript script = FrameScript().headers(1, echo_head("ReplyStream", {{"grpc-timeout", "250m"}}));
    client->send(script.data(1, echo_data("a", 100, 100), request_ended ? http2::kEndStream : std::uint8_t{0}));
    loop.settle();
    loop.pass(249ms);
    assert_false(client->answer(1).ended);
    loop.pass(1ms);
    const Answer& answer = client->answer(1);
    expect({answer.status(), answer.message()}, {"4", "deadline exceeded"});
    assert_true(answer.ended);
    assert_string_equal(answer.reset.c_str(), request_ended ? "" : "NO_ERROR");
    assert_int_equal(loop.open_calls(), 0);
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

void test_a_deadline_before_any_message(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Reply", {{"grpc-timeout", "1S"}})));
  client->send(FrameScript().headers(3, echo_head("Reply", {{"grpc-timeout", "0n"}})));
  loop.settle();
  assert_string_equal(client->answer(3).message().c_str(), "the deadline had passed when the call arrived");
  loop.pass(1s);
  assert_string_equal(client->answer(1).status().c_str(), "4");
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

void test_the_longest_deadline_is_never(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Chat", {{"grpc-timeout", "99999999H"}})));
  loop.settle();
  client->send(FrameScript().ping(1));
  loop.pass(30s);
  assert_int_equal(loop.open_calls(), 1);
  loop.finish();
}

// A deadline passes while the peer does not read: the answer is sent when it reads.
void test_a_deadline_without_room_is_reported_later(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  client->send(FrameScript().headers(1, echo_head("Chat", {{"grpc-timeout", "5S"}})));
  client->send(echo_call(3, "Reply", echo_data(std::string(15'000, 'x'))));
  loop.settle();
  assert_true(loop.used_blocks() > 0);
  loop.pass(5s);
  loop.pass(1s);
  loop.read_all(*client);
  expect({client->answer(1).status(), client->answer(1).reset}, {"4", "NO_ERROR"});
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

// The handler has ended and its replies wait for a window: only a reset is possible.
void test_a_deadline_after_the_status_resets(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack());
  client->send(echo_call(1, "Reply", echo_data("a"), {{"grpc-timeout", "1S"}}));
  loop.settle();
  assert_int_equal(loop.open_calls(), 1);
  loop.pass(1s);
  assert_string_equal(client->answer(1).reset.c_str(), "CANCEL");
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// --- Messages that do not end ---

void test_a_message_must_end_in_time(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  const std::string data = echo_data("a message in parts");
  client->send(FrameScript().headers(1, echo_head("Chat")).data(1, data.substr(0, 3)));
  loop.settle();
  loop.pass(15s);
  client->send(FrameScript().data(1, data.substr(3, 5)));  // 10 ms at 500 bytes a second.
  loop.pass(15'009ms);
  assert_false(client->answer(1).ended);
  loop.pass(1ms);
  expect({client->answer(1).status(), client->answer(1).message()}, {"4", "message not ended in time"});
  assert_string_equal(client->answer(1).reset.c_str(), "NO_ERROR");
  assert_int_equal(loop.count(LimitId::MessageTimeout), 1);
  assert_int_equal(loop.count(LimitId::MinProgressBytes), 1);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// It is silent, not slow. The message before came in parts.
void test_a_message_that_does_not_go_on(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  const std::string data = echo_data("a");
  client->send(FrameScript().headers(1, echo_head("Chat")).data(1, data.substr(0, 3)).data(1, data.substr(3, 3)));
  client->send(FrameScript().data(1, data.substr(6)));
  loop.settle();
  client->send(FrameScript().data(1, data.substr(0, 3)));
  loop.settle();
  loop.pass(30s);
  assert_string_equal(client->answer(1).message().c_str(), "message not ended in time");
  assert_int_equal(loop.count(LimitId::MessageTimeout), 1);
  assert_int_equal(loop.count(LimitId::MinProgressBytes), 0);
  loop.finish();
}

// A message at min-progress-bytes or faster takes as long as it needs; two at once share the rate.
void test_a_slow_message_has_time(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  const std::string data = echo_data(std::string(20'000, 'x'));
  for (const std::uint32_t stream : {1U, 3U})
    client->send(FrameScript().headers(stream, echo_head("Chat")).data(stream, data.substr(0, 250)));
  for (std::size_t at = 250; at < data.size(); at += 250) {
    loop.pass(1s);
    for (const std::uint32_t stream : {1U, 3U})
      client->send(FrameScript().data(stream, data.substr(at, 250)));
    loop.settle();
  }
  assert_int_equal(client->answer(1).messages().size(), 1);
  assert_int_equal(client->answer(3).messages().size(), 1);
  assert_int_equal(loop.count(LimitId::MessageTimeout), 0);
  loop.finish();
}

// The window of a message opens when the replies before it are sent: a client that reads them slowly cannot continue earlier.
void test_a_message_behind_slow_replies_has_time(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.stream_window_bytes = 2048;
    limits.min_progress_bytes = 50;
  });
  LeanLoop loop(chosen);
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack().headers(1, echo_head("Chat")));
  loop.settle();
  const std::string data = echo_data(std::string(2000, 'x'));
  client->send(FrameScript().data(1, data));
  client->send(FrameScript().data(1, echo_data(std::string(4000, 'y')).substr(0, 2048 - data.size())));
  loop.settle();
  for (int i = 0; i < 40; ++i) {
    client->send(FrameScript().window_update(1, 50));
    loop.pass(1s);
  }
  assert_int_equal(loop.count(LimitId::MessageTimeout), 0);
  assert_false(client->answer(1).ended);
  loop.finish();
}

// But it has a window of one byte, so it could go on.
void test_a_message_with_a_window_must_end_in_time(void**) {
  for (const bool window : {false, true}) {
    LeanLoop loop(limits([](Limits& limits) {
      limits.stream_window_bytes = 2048;
      limits.write_stall = 1h;
    }));
    const auto client = loop.connect();
    client->send(hello().settings({{4, 0}}).settings_ack().headers(1, echo_head("Chat")));
    loop.settle();
    const std::string data = echo_data("a") + echo_data(std::string(4000, 'y'));
    client->send(FrameScript().data(1, data.substr(0, window ? 2047 : 2048)));
    loop.settle();
    loop.pass(30s);
    assert_int_equal(loop.count(LimitId::MessageTimeout), window ? 1 : 0);
    loop.finish();
  }
}

// A request that is not a gRPC call gets its answer then, whether it has ended or not.
void test_a_request_that_is_not_a_call_must_end_in_time(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  Block head;
  head.literal(":method", "GET").literal(":scheme", "http").literal(":path", "/");
  client->send(FrameScript().headers(1, head));
  loop.settle();
  loop.pass(15s);
  client->send(FrameScript().data(1, "more"));
  loop.pass(14'999ms);
  expect(client->answer(1).head, {});
  loop.pass(1ms);
  const Answer& answer = client->answer(1);
  expect({answer.head.at(0), answer.reset}, {":status: 200", "NO_ERROR"});
  assert_true(answer.data == loop.core().page.text());
  assert_true(answer.ended);
  assert_int_equal(loop.count(LimitId::MessageTimeout), 1);
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Its answer then has the time of replies: the one of the request no longer counts, nor does a later end of the request.
void test_an_answer_that_is_not_read_is_made_once(void**) {
  for (const auto until_end : {29s, 31s}) {
    LeanLoop loop;
    const auto client = loop.connect();
    client->send(hello().settings({{4, 0}}).settings_ack());
    Block head;
    head.literal(":method", "GET").literal(":scheme", "http").literal(":path", "/");
    client->send(FrameScript().headers(1, head));
    loop.settle();
    loop.pass(until_end);
    client->send(FrameScript().data(1, "", http2::kEndStream));
    loop.pass(2s);
    client->send(FrameScript().window_update(1, 100'000));
    loop.settle();
    const Answer& answer = client->answer(1);
    assert_true(answer.ended);
    assert_true(answer.data == loop.core().page.text());
    assert_int_equal(loop.count(LimitId::MessageTimeout), until_end > 30s ? 1 : 0);
    loop.finish();
  }
}

// Each message has its own time, also where a frame ends one and begins the next.
void test_a_stream_of_messages_has_no_end_in_time(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  const std::string data = echo_data("a message in parts");
  client->send(FrameScript().headers(1, echo_head("Chat")).data(1, data.substr(0, 7)));
  for (int i = 0; i < 10; ++i) {
    loop.pass(10s);
    client->send(FrameScript().data(1, data.substr(7) + data.substr(0, 7)));
    loop.settle();
  }
  assert_int_equal(loop.count(LimitId::MessageTimeout), 0);
  assert_int_equal(client->answer(1).messages().size(), 10);
  loop.pass(30s);
  assert_int_equal(loop.count(LimitId::MessageTimeout), 1);
  loop.finish();
}

void test_between_messages_a_stream_may_rest(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  const std::string data = echo_data("a message in parts");
  client->send(FrameScript().headers(1, echo_head("Chat")).data(1, data.substr(0, 7)));
  loop.settle();
  client->send(FrameScript().data(1, data.substr(7)));
  loop.settle();
  loop.pass(59s);
  assert_false(client->answer(1).ended);
  loop.finish();
}

// --- Replies that are not read ---

void test_a_window_that_stays_closed_ends_the_call(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack());
  client->send(echo_call(1, "ReplyStream", echo_data("a", 5)));
  loop.settle();
  loop.pass(20s);
  client->send(FrameScript().window_update(1, 5));  // At 500 bytes a second, these extend the time by 10 ms.
  loop.settle();
  loop.pass(10'009ms);
  assert_string_equal(client->answer(1).reset.c_str(), "");
  loop.pass(1ms);
  assert_string_equal(client->answer(1).reset.c_str(), "CANCEL");
  assert_int_equal(loop.count(LimitId::WriteStall), 1);
  assert_int_equal(loop.count(LimitId::MinProgressBytes), 1);
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  assert_int_equal(loop.connections(), 1);
  loop.finish();
}

// It was slow in its message, but then silent.
void test_a_stall_behind_a_slow_message(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack());
  const std::string data = echo_data("a");
  client->send(FrameScript().headers(1, echo_head("Chat")).data(1, data.substr(0, 3)).data(1, data.substr(3, 3)));
  client->send(FrameScript().data(1, data.substr(6)));
  loop.settle();
  loop.pass(30s);
  assert_int_equal(loop.count(LimitId::WriteStall), 1);
  assert_int_equal(loop.count(LimitId::MinProgressBytes), 0);
  loop.finish();
}

// A reset that waits for room counts as one stall, not one per second.
void test_a_stall_is_counted_once(void**) {
  const Limits chosen = limits([](Limits& limits) { limits.write_stall = 10s; });
  LeanLoop loop(chosen);
  const auto client = loop.connect(4096);
  client->send(hello().settings({{4, 20'000}}).settings_ack());
  client->send(echo_call(1, "Reply", echo_data(std::string(30'000, 'x').substr(0, 16'000))));
  client->send(echo_call(3, "ReplyStream", echo_data(std::string(9'000, 'y'), 4)));
  loop.settle();
  for (int i = 0; i < 30 && loop.connections() != 0; ++i) {
    client->receive(1500);
    loop.pass(1s);
  }
  loop.read_all(*client);
  loop.pass(10s);
  assert_string_equal(client->answer(3).reset.c_str(), "CANCEL");
  assert_int_equal(loop.count(LimitId::WriteStall), 1);
  loop.finish();
}

// --- Calls without messages ---

void test_a_call_without_messages_ends(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.call_idle_timeout = 10s;
    limits.keepalive = 0ms;
  });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Collect")).headers(3, echo_head("Chat")));
  client->send(FrameScript().headers(5, echo_head("Collect", {{"grpc-timeout", "1H"}})));
  client->send(FrameScript().headers(7, echo_head("Collect", {{"grpc-timeout", "86410001m"}})));
  loop.settle();
  loop.pass(6s);
  client->send(FrameScript().data(3, echo_data("a")));
  loop.settle();
  loop.pass(3'999ms);
  assert_int_equal(loop.open_calls(), 4);
  loop.pass(1ms);
  for (const std::uint32_t stream : {1U, 7U}) {
    const Answer& answer = client->answer(stream);
    expect({answer.status(), answer.message()}, {"14", "no message for call-idle-timeout-ms"});
    assert_string_equal(answer.reset.c_str(), "NO_ERROR");
  }
  assert_int_equal(loop.open_calls(), 2);
  loop.pass(5'999ms);
  assert_int_equal(loop.open_calls(), 2);
  loop.pass(1ms);
  assert_string_equal(client->answer(3).status().c_str(), "14");
  assert_int_equal(loop.count(LimitId::CallIdleTimeout), 3);
  loop.pass(60s);
  assert_int_equal(loop.open_calls(), 1);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// message-timeout-ms, write-stall-ms or a deadline within a day of the time at which call-idle-timeout-ms passes.
void test_a_call_that_another_limit_bounds_is_not_idle(void**) {
  LeanLoop loop(limits([](Limits& limits) { limits.call_idle_timeout = 10s; }));
  loop.set_now(loop.core().now + 24h);
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack());
  client->send(FrameScript().headers(1, echo_head("Chat")).data(1, echo_data("a").substr(0, 3)));
  client->send(FrameScript().headers(3, echo_head("Chat")).data(3, echo_data("a")));
  client->send(FrameScript().headers(5, echo_head("Chat", {{"grpc-timeout", "86410S"}})));
  loop.settle();
  loop.pass(10s);
  assert_int_equal(loop.count(LimitId::CallIdleTimeout), 0);
  assert_int_equal(loop.open_calls(), 3);
  loop.finish();
}

void test_a_call_with_replies_is_not_idle(void**) {
  LeanLoop loop(limits([](Limits& limits) { limits.call_idle_timeout = 10s; }));
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "ReplyStream", echo_data("a", 4, 6000)));
  loop.settle();
  for (int i = 0; i < 3; ++i)
    loop.pass(6s);
  assert_int_equal(client->answer(1).messages().size(), 4);
  assert_string_equal(client->answer(1).status().c_str(), "0");
  loop.finish();
}

// --- Handlers that wait ---

void test_replies_are_sent_at_their_times(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "ReplyStream", echo_data("t", 3, 1000)));
  loop.settle();
  assert_int_equal(client->answer(1).messages().size(), 1);
  loop.pass(999ms);
  assert_int_equal(client->answer(1).messages().size(), 1);
  loop.pass(1ms);
  assert_int_equal(client->answer(1).messages().size(), 2);
  assert_false(client->answer(1).ended);
  loop.pass(1s);
  expect(reply_texts(client->answer(1)), {"1 You said: t", "2 You said: t", "3 You said: t"});
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_times_of_a_reply),
      cmocka_unit_test(test_the_times_of_a_clock_that_does_not_run),
      cmocka_unit_test(test_a_deadline_ends_a_call),
      cmocka_unit_test(test_a_deadline_before_any_message),
      cmocka_unit_test(test_the_longest_deadline_is_never),
      cmocka_unit_test(test_a_deadline_without_room_is_reported_later),
      cmocka_unit_test(test_a_deadline_after_the_status_resets),
      cmocka_unit_test(test_a_message_must_end_in_time),
      cmocka_unit_test(test_a_message_that_does_not_go_on),
      cmocka_unit_test(test_a_slow_message_has_time),
      cmocka_unit_test(test_a_message_behind_slow_replies_has_time),
      cmocka_unit_test(test_a_message_with_a_window_must_end_in_time),
      cmocka_unit_test(test_a_request_that_is_not_a_call_must_end_in_time),
      cmocka_unit_test(test_an_answer_that_is_not_read_is_made_once),
      cmocka_unit_test(test_a_stream_of_messages_has_no_end_in_time),
      cmocka_unit_test(test_between_messages_a_stream_may_rest),
      cmocka_unit_test(test_a_window_that_stays_closed_ends_the_call),
      cmocka_unit_test(test_a_stall_behind_a_slow_message),
      cmocka_unit_test(test_a_stall_is_counted_once),
      cmocka_unit_test(test_a_call_without_messages_ends),
      cmocka_unit_test(test_a_call_that_another_limit_bounds_is_not_idle),
      cmocka_unit_test(test_a_call_with_replies_is_not_idle),
      cmocka_unit_test(test_replies_are_sent_at_their_times),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
