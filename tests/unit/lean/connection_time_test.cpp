// The timeouts of a connection: each one passes for its own reason only.
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/logged.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;
using engine::Limits;
using lean::Time;

// Lets `most` pass in steps of `step` while `client` takes a few bytes in each.
void pass_reading_slowly(LeanLoop& loop, RawClient& client, Time most, Time step, std::size_t bytes) {
  for (Time passed{0}; passed < most; passed += step) {
    client.receive(bytes);
    loop.pass(step);
  }
}

// --- Preface and header blocks ---

void test_no_preface_in_time(void**) {
  LeanLoop loop;
  const auto silent = loop.connect();
  const auto half = loop.connect();
  half->send(octets(http2::kPreface.substr(0, 10)));
  loop.settle();
  const auto almost = loop.connect();
  almost->send(FrameScript().preface().frame_head(6, http2::FrameType::Settings, 0, 0));
  loop.settle();
  loop.pass(9'999ms);
  expect(silent->control(), {});
  expect(half->control(), {kSettings});
  assert_false(almost->closed());
  loop.pass(1ms);
  expect(silent->control(), {kSettings, "GOAWAY 0 PROTOCOL_ERROR no preface in time"});
  expect(half->control(), {"GOAWAY 0 PROTOCOL_ERROR no preface in time"});
  expect(almost->control(), {kSettings, "GOAWAY 0 PROTOCOL_ERROR no preface in time"});
  assert_true(silent->closed() && half->closed() && almost->closed());
  assert_int_equal(loop.count(LimitId::PrefaceTimeout), 3);
  loop.pass(1s);
  assert_int_equal(loop.connections(), 0);
  loop.finish();
}

void test_a_header_block_not_ended_in_time(void**) {
  for (const bool within_a_field : {false, true}) {
    LeanLoop loop;
    const auto client = loop.connect_ready();
    const Octets block = echo_head("Reply").bytes();
    const auto end = within_a_field ? block.end() - 3 : block.end();
    client->send(FrameScript().frame(http2::FrameType::Headers, 0, 1, Octets(block.begin(), end)));
    loop.settle();
    loop.pass(3s);
    client->send(FrameScript().continuation(1, {}, 0));  // 9 bytes are 18 ms at min-progress-bytes.
    loop.pass(2'017ms);
    expect(client->control(), {});
    loop.pass(1ms);
    expect(client->control(), {"GOAWAY 1 ENHANCE_YOUR_CALM header block not ended in time"});
    assert_int_equal(loop.count(LimitId::HeaderTimeout), 1);
    assert_int_equal(loop.open_calls(), 0);
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

// Slower than min-progress-bytes: a byte now and then gives no new time.
void test_a_header_block_in_single_bytes(void**) {
  const Limits chosen = limits([](Limits& limits) { limits.min_progress_bytes = 10; });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  const Octets frame = FrameScript().frame(http2::FrameType::Headers, 0, 1, echo_head("Reply").bytes()).bytes();
  client->send(Octets(frame.begin(), frame.begin() + 10));
  loop.settle();
  for (std::size_t i = 10; i < 14; ++i) {
    loop.pass(1s);
    client->send(Octets{frame[i]});
    loop.settle();
  }
  loop.pass(1'399ms);  // Four bytes extend the 5 s by 400 ms.
  expect(client->control(), {});
  loop.pass(1ms);
  expect(client->control(), {"GOAWAY 1 ENHANCE_YOUR_CALM header block not ended in time"});
  assert_int_equal(loop.count(LimitId::HeaderTimeout), 1);
  assert_int_equal(loop.count(LimitId::MinProgressBytes), 1);
  loop.finish();
}

void test_a_peer_that_does_not_acknowledge_settings(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  loop.pass(5s);  // The time begins with the end of its preface.
  client->send(hello());
  client->send(echo_call(1, "Reply", echo_data("a")));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  loop.pass(5s);
  client->send(FrameScript().ping(1));  // Other frames do not extend it.
  loop.settle();
  client->control();
  loop.pass(4'999ms);
  expect(client->control(), {});
  loop.pass(1ms);
  expect(client->control(), {"GOAWAY 1 SETTINGS_TIMEOUT SETTINGS not acknowledged in time"});
  assert_true(client->closed());
  assert_int_equal(loop.count(LimitId::SettingsTimeout), 1);
  loop.finish();
}

// From the last byte that the socket takes, the peer has a moment to read the rest.
void test_a_peer_that_reads_the_last_bytes_late(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  client->send(echo_call(1, "Reply", echo_data(std::string(15'000, 'x'))));
  loop.settle();
  client->send(FrameScript().ping(0, http2::kAck));
  loop.drain();
  loop.pass(10s);
  assert_false(loop.connection().writable());
  loop.read_all(*client);
  client->send(FrameScript().ping(0, http2::kAck));
  loop.settle();
  assert_true(client->closed());
  assert_int_equal(loop.connections(), 1);
  loop.pass(999ms);
  assert_int_equal(loop.connections(), 1);
  loop.pass(1ms);
  assert_int_equal(loop.connections(), 0);
  loop.finish();
}

void test_a_frame_head_not_ended_in_time(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send({0, 0, 8});
  loop.settle();
  loop.pass(5s);
  expect(client->control(), {"GOAWAY 0 ENHANCE_YOUR_CALM header block not ended in time"});
  loop.finish();
}

// What waits because the peer does not take answers is not late.
void test_input_that_waits_for_room_has_no_timeout(void**) {
  const Limits small = limits([](Limits& chosen) { chosen.send_bytes = 20 * 1024; });
  LeanLoop loop(small);
  const auto client = loop.connect_ready(4096);
  FrameScript script;
  for (std::uint32_t stream = 1; stream < 48; stream += 2)
    script.raw(echo_call(stream, "Reply", echo_data(std::string(1100, 'x'))).bytes());
  client->send(script.raw({0, 0, 8}));
  loop.settle();
  assert_true(loop.used_blocks() > 0);
  loop.pass(20s);
  loop.read_all(*client);
  assert_string_equal(client->answer(47).status().c_str(), "0");
  loop.pass(4'999ms);
  assert_int_equal(loop.count(LimitId::HeaderTimeout), 0);
  client->send(octets(std::string_view("\6\0\0\0\0\0\0\0\0\0\0\0\0\7", 14)));
  loop.settle();
  assert_string_equal(client->control().back().c_str(), "PING ack 7");
  loop.finish();
}

// --- Idle, keepalive ---

void test_an_idle_connection_gets_goaway_and_is_closed(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.idle_timeout = 10s;
    limits.keepalive = 0ms;
  });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  loop.pass(9s);
  client->send(echo_call(1, "Reply", echo_data("a")));
  loop.settle();
  loop.pass(9'999ms);
  expect(client->control(), {});
  loop.pass(1ms);
  assert_int_equal(loop.count(LimitId::IdleTimeout), 1);
  const Lines told = client->control();
  assert_int_equal(told.size(), 2);
  assert_string_equal(told[0].c_str(), "GOAWAY 2147483647 NO_ERROR idle");
  client->send(FrameScript().ping(0, http2::kAck));
  loop.settle();
  expect(client->control(), {"GOAWAY 1 NO_ERROR idle"});
  assert_true(client->closed());
  loop.finish();
}

void test_an_open_call_is_not_idle(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.idle_timeout = 10s;
    limits.keepalive = 0ms;
  });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Chat")));
  loop.settle();
  loop.pass(1h);
  assert_int_equal(loop.count(LimitId::IdleTimeout), 0);
  client->send(FrameScript().data(1, "", http2::kEndStream));
  loop.settle();
  loop.pass(10s);
  assert_int_equal(loop.count(LimitId::IdleTimeout), 1);
  loop.finish();
}

// --- Age ---

// The jitter is at most a tenth, so that the second GOAWAY is due between 90 and 110 seconds.
Limits aged(std::chrono::seconds grace) {
  return limits([grace](Limits& limits) {
    limits.max_connection_age = 100s;
    limits.max_connection_age_grace = grace;
    limits.keepalive = 0ms;
  });
}

// Within so many seconds.
void pass_until(LeanLoop& loop, LimitId limit, int seconds) {
  for (int i = 0; i < seconds && loop.count(limit) == 0; ++i)
    loop.pass(1s);
  assert_int_equal(loop.count(limit), 1);
}

void test_an_old_connection_takes_no_new_calls_and_ends_after_its_last(void**) {
  const Limits chosen = aged(0s);
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Chat")));
  loop.settle();
  loop.pass(89'999ms);
  expect(client->control(), {});
  pass_until(loop, LimitId::MaxConnectionAge, 21);
  const Lines told = client->control();
  assert_int_equal(told.size(), 2);
  assert_string_equal(told[0].c_str(), "GOAWAY 2147483647 NO_ERROR max-connection-age");
  assert_true(told[1].starts_with("PING "));
  // A call that was on its way is served.
  client->send(echo_call(3, "Reply", echo_data("a")));
  client->send(FrameScript().ping(0, http2::kAck));
  loop.settle();
  expect(client->control(), {"GOAWAY 3 NO_ERROR max-connection-age"});
  assert_false(client->closed());
  loop.pass(30min);
  client->send(FrameScript().data(1, echo_data("b"), http2::kEndStream));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_true(client->closed());
  assert_int_equal(loop.count(LimitId::MaxConnectionAge), 1);
  assert_int_equal(loop.count(LimitId::MaxConnectionAgeGrace), 0);
  loop.finish();
}

// A proxy that gets no processor time for seconds: its calls are served until it has read the first GOAWAY.
void test_a_peer_that_reads_the_first_goaway_late(void**) {
  LeanLoop loop(aged(0s));
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Chat")));
  loop.settle();
  pass_until(loop, LimitId::MaxConnectionAge, 111);
  assert_int_equal(client->control().size(), 2);
  loop.pass(10s);
  client->send(echo_call(3, "Reply", echo_data("late")));
  loop.settle();
  expect(reply_texts(client->answer(3)), {"You said: late"});
  loop.pass(9s);
  expect(client->control(), {});
  loop.pass(1s);
  expect(client->control(), {"GOAWAY 3 NO_ERROR max-connection-age"});
  client->close();
  loop.settle();
  loop.finish();
}

// A shutdown that begins meanwhile does not wait so long.
void test_a_shutdown_of_an_old_connection(void**) {
  LeanLoop loop(aged(0s));
  const auto client = loop.connect_ready();
  pass_until(loop, LimitId::MaxConnectionAge, 111);
  loop.pass(3s);
  assert_int_equal(client->control().size(), 2);
  loop.drain();
  loop.pass(lean::kLinger);
  expect(client->control(), {"GOAWAY 0 NO_ERROR shutting down"});
  loop.settle();
  loop.finish();
}

void test_calls_of_an_old_connection_end_after_its_grace(void**) {
  const Limits chosen = aged(10s);
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Chat")).headers(3, echo_head("Chat")));
  loop.settle();
  pass_until(loop, LimitId::MaxConnectionAge, 111);
  loop.pass(9s);
  assert_int_equal(loop.count(LimitId::MaxConnectionAgeGrace), 0);
  pass_until(loop, LimitId::MaxConnectionAgeGrace, 1);
  client->receive();
  for (const http2::StreamId stream : {1U, 3U}) {
    assert_string_equal(client->answer(stream).status().c_str(), "14");
    assert_string_equal(client->answer(stream).message().c_str(),
                        "the connection is older than max-connection-age-seconds");
  }
  assert_true(client->closed());
  loop.finish();
}

void test_a_silent_peer_gets_a_ping_and_is_disconnected(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  loop.pass(59'999ms);
  expect(client->control(), {});
  loop.pass(1ms);
  Lines asked = client->control();
  assert_int_equal(asked.size(), 1);
  assert_true(asked[0].starts_with("PING "));
  assert_int_equal(loop.count(LimitId::Keepalive), 1);

  client->send(FrameScript().ping(5));  // Anything will do.
  loop.settle();
  client->control();
  loop.pass(60s);
  assert_int_equal(client->control().size(), 1);
  loop.pass(19'999ms);
  assert_int_equal(loop.connections(), 1);
  loop.pass(1ms);
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.count(LimitId::KeepaliveTimeout), 1);
  assert_true(client->closed());
  expect(client->control(), {});
  loop.finish();
}

// Who reads what we send is there, although we do not read him meanwhile.
void test_a_slow_reader_is_not_silent(void**) {
  const Limits slow = limits([](Limits& chosen) {
    chosen.write_stall = 100s;
    chosen.min_progress_bytes = 50;
  });
  LeanLoop loop(slow);
  const auto client = loop.connect_ready(4096);
  client->send(echo_call(1, "Reply", echo_data(std::string(15'000, 'x'))));
  client->send(echo_call(3, "Reply", echo_data(std::string(15'000, 'y'))));
  loop.settle();
  assert_true(loop.used_blocks() > 0);
  pass_reading_slowly(loop, *client, 200s, 10s, 1000);
  assert_int_equal(loop.count(LimitId::KeepaliveTimeout), 0);
  loop.read_all(*client);
  assert_string_equal(client->answer(3).status().c_str(), "0");
  assert_int_equal(loop.connections(), 1);
  loop.finish();
}

// The answer to our PING waits where we do not read it.
void test_an_answer_that_was_not_read_yet_is_an_answer(void**) {
  const Limits slow = limits([](Limits& chosen) {
    chosen.write_stall = 100s;
    chosen.min_progress_bytes = 50;
  });
  LeanLoop loop(slow);
  const auto client = loop.connect_ready(4096);
  client->send(echo_call(1, "ReplyStream", echo_data(std::string(12'000, 'x'), 2, 61'000)));
  loop.settle();
  loop.read_all(*client);
  loop.pass(60s);
  assert_int_equal(loop.count(LimitId::Keepalive), 1);
  loop.pass(1s);
  assert_true(loop.used_blocks() > 1);
  client->send(FrameScript().ping(1, http2::kAck));
  pass_reading_slowly(loop, *client, 50s, 10s, 1000);
  loop.read_all(*client);
  assert_int_equal(loop.count(LimitId::KeepaliveTimeout), 0);
  assert_string_equal(client->answer(1).status().c_str(), "0");
  loop.finish();
}

// --- A peer that does not read ---

void test_a_peer_that_does_not_read_is_disconnected(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  client->send(echo_call(1, "Reply", echo_data(std::string(15'000, 'x'))));
  loop.settle();
  loop.pass(29'999ms);
  assert_int_equal(loop.connections(), 1);
  const std::string log = logged([&] { loop.pass(1ms); });
  assert_true(log.ends_with(
      "level=warn event=connection-aborted peer=unix: reason=\"the peer does not read what was sent\"\n"));
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.count(LimitId::WriteStall), 1);
  assert_int_equal(loop.count(LimitId::MinProgressBytes), 0);
  loop.finish();
}

// Reading a byte now and then is not enough progress for write-stall-ms.
void test_a_peer_that_reads_single_bytes_is_disconnected(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  client->send(echo_call(1, "Reply", echo_data(std::string(15'000, 'x'))));
  client->send(echo_call(3, "Reply", echo_data(std::string(15'000, 'y'))));
  loop.settle();
  pass_reading_slowly(loop, *client, 60s, 1s, 20);
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.count(LimitId::WriteStall), 1);
  loop.finish();
}

void test_a_peer_that_reads_too_slowly_is_disconnected(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  client->send(echo_call(1, "Reply", echo_data(std::string(15'000, 'x'))));
  client->send(echo_call(3, "Reply", echo_data(std::string(15'000, 'y'))));
  loop.settle();
  pass_reading_slowly(loop, *client, 100s, 1s, 300);
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.count(LimitId::WriteStall), 1);
  assert_int_equal(loop.count(LimitId::MinProgressBytes), 1);
  loop.finish();
}

// A header block in progress and the keepalive have their times too, which must not keep the loop awake meanwhile.
void test_other_times_wait_for_room(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.write_stall = 300s;
    limits.idle_timeout = 20s;
  });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready(4096);
  FrameScript script = echo_call(1, "Reply", echo_data(std::string(15'000, 'x')));
  client->send(script.frame(http2::FrameType::Headers, 0, 3, echo_head("Reply").bytes()));
  loop.settle();
  for (int i = 0; i < 250; ++i)
    loop.pass(1s);
  assert_int_equal(loop.connections(), 1);
  loop.pass(50s);
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.count(LimitId::WriteStall), 1);
  loop.finish();
}

// --- Budgets ---

void test_budgets_are_refunded_over_time(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.idle_frame_budget = 10;
    limits.idle_frame_refill = 2;
    limits.reset_budget = 10;
    limits.reset_refill = 1;
  });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  loop.pass(5s);
  FrameScript pings;
  for (std::uint64_t i = 0; i < 10; ++i)
    pings.ping(i);
  client->send(pings);
  loop.settle();
  assert_int_equal(client->control().size(), 10);
  loop.pass(5s);
  client->send(pings);
  loop.settle();
  assert_int_equal(client->control().size(), 10);
  client->send(FrameScript().ping(11));
  loop.settle();
  expect(client->control(), {"GOAWAY 0 ENHANCE_YOUR_CALM too many frames without progress"});
  assert_int_equal(loop.count(LimitId::IdleFrameBudget), 1);
  loop.finish();
}

// Parts of a second are not lost where a client comes more often than whole ones pass.
void test_a_client_within_its_budget_keeps_its_connection(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.idle_frame_budget = 10;
    limits.idle_frame_refill = 2;
  });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  for (int i = 0; i < 40; ++i) {
    loop.pass(1'500ms);
    client->send(FrameScript().ping(1).ping(2).ping(3));
    loop.settle();
    assert_int_equal(client->control().size(), 3);
  }
  assert_int_equal(loop.count(LimitId::IdleFrameBudget), 0);
  loop.finish();
}

// Calls from the stream `first` on that are reset at once.
FrameScript resets(std::uint32_t first, std::uint32_t count) {
  FrameScript script;
  for (std::uint32_t stream = first; stream < first + 2 * count; stream += 2)
    script.headers(stream, echo_head("Chat")).rst_stream(stream, http2::ErrorCode::Cancel);
  return script;
}

void test_resets_are_refunded_over_time(void**) {
  LeanLoop loop(limits([](Limits& limits) {
    limits.reset_budget = 10;
    limits.reset_refill = 2;
  }));
  const auto client = loop.connect_ready();
  client->send(resets(1, 10));
  loop.settle();
  loop.pass(3s);
  client->send(resets(21, 6));
  loop.settle();
  expect(client->control(), {});
  client->send(resets(33, 1));
  loop.settle();
  expect(client->control(), {"GOAWAY 33 ENHANCE_YOUR_CALM too many resets"});
  loop.finish();
}

void test_resets_are_counted(void**) {
  const Limits chosen = limits([](Limits& limits) { limits.reset_budget = 10; });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  client->send(resets(1, 12));
  loop.settle();
  expect(client->control(), {"GOAWAY 21 ENHANCE_YOUR_CALM too many resets"});
  assert_int_equal(loop.count(LimitId::ResetBudget), 1);
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_no_preface_in_time),
      cmocka_unit_test(test_a_header_block_not_ended_in_time),
      cmocka_unit_test(test_a_header_block_in_single_bytes),
      cmocka_unit_test(test_a_peer_that_does_not_acknowledge_settings),
      cmocka_unit_test(test_a_peer_that_reads_the_last_bytes_late),
      cmocka_unit_test(test_a_frame_head_not_ended_in_time),
      cmocka_unit_test(test_input_that_waits_for_room_has_no_timeout),
      cmocka_unit_test(test_an_idle_connection_gets_goaway_and_is_closed),
      cmocka_unit_test(test_an_open_call_is_not_idle),
      cmocka_unit_test(test_an_old_connection_takes_no_new_calls_and_ends_after_its_last),
      cmocka_unit_test(test_a_peer_that_reads_the_first_goaway_late),
      cmocka_unit_test(test_a_shutdown_of_an_old_connection),
      cmocka_unit_test(test_calls_of_an_old_connection_end_after_its_grace),
      cmocka_unit_test(test_a_silent_peer_gets_a_ping_and_is_disconnected),
      cmocka_unit_test(test_a_slow_reader_is_not_silent),
      cmocka_unit_test(test_an_answer_that_was_not_read_yet_is_an_answer),
      cmocka_unit_test(test_a_peer_that_does_not_read_is_disconnected),
      cmocka_unit_test(test_a_peer_that_reads_single_bytes_is_disconnected),
      cmocka_unit_test(test_a_peer_that_reads_too_slowly_is_disconnected),
      cmocka_unit_test(test_other_times_wait_for_room),
      cmocka_unit_test(test_budgets_are_refunded_over_time),
      cmocka_unit_test(test_a_client_within_its_budget_keeps_its_connection),
      cmocka_unit_test(test_resets_are_refunded_over_time),
      cmocka_unit_test(test_resets_are_counted),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
