// The graceful end of a connection (RFC 9113 6.8).
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;

constexpr const char* kAnnounced = "GOAWAY 2147483647 NO_ERROR shutting down";

// The GOAWAY that announces the end, and the PING that asks whether it has been read.
void expect_announced(RawClient& client) {
  const Lines told = client.control();
  assert_int_equal(told.size(), 2);
  assert_string_equal(told[0].c_str(), kAnnounced);
  assert_true(told[1].starts_with("PING "));
}

void test_a_connection_without_calls_ends_after_the_ping(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  loop.drain();
  loop.settle();
  expect_announced(*client);
  assert_false(client->closed());
  client->send(FrameScript().ping(1, http2::kAck));
  loop.settle();
  expect(client->control(), {"GOAWAY 0 NO_ERROR shutting down"});
  assert_true(client->closed());
  client->close();
  loop.settle();
  assert_int_equal(loop.connections(), 0);
  loop.finish();
}

void test_a_call_that_crosses_the_first_goaway_is_answered(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  loop.drain();
  loop.settle();
  expect_announced(*client);
  client->send(FrameScript().headers(1, echo_head("Reply")).ping(1, http2::kAck));
  loop.settle();
  expect(client->control(), {"GOAWAY 1 NO_ERROR shutting down"});
  assert_false(client->closed());
  client->send(FrameScript().headers(3, echo_head("Reply"), kEndAll));
  client->send(FrameScript().data(1, echo_data("late"), http2::kEndStream));
  loop.settle();
  expect(reply_texts(client->answer(1)), {"You said: late"});
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_true(client->answer(3).head.empty());
  assert_true(client->closed());
  loop.finish();
}

void test_a_client_that_does_not_answer_the_ping_waits_a_second(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Chat")));
  loop.settle();
  loop.drain();
  loop.pass(999ms);
  expect_announced(*client);
  loop.pass(1ms);
  expect(client->control(), {"GOAWAY 1 NO_ERROR shutting down"});
  loop.pass(100s);
  assert_int_equal(loop.open_calls(), 1);
  client->send(FrameScript().data(1, "", http2::kEndStream));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_true(client->closed());
  loop.pass(1s);
  assert_int_equal(loop.connections(), 0);
  loop.finish();
}

void test_a_connection_without_a_preface_has_a_second(void**) {
  LeanLoop loop;
  const auto silent = loop.connect();
  const auto half = loop.connect();
  half->send(octets(http2::kPreface));
  loop.settle();
  loop.drain();
  loop.pass(999ms);
  expect(half->control(), {kSettings});
  assert_false(silent->closed() || half->closed());
  loop.pass(1ms);
  expect(silent->control(), {kSettings, "GOAWAY 0 NO_ERROR shutting down"});
  expect(half->control(), {"GOAWAY 0 NO_ERROR shutting down"});
  assert_true(silent->closed() && half->closed());
  loop.finish();
}

// As proxies do, which send the first call with the preface.
void test_a_call_right_behind_the_preface_is_answered(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  loop.drain();
  loop.settle();
  assert_false(client->closed());
  client->send(octets(http2::kPreface));
  client->send(FrameScript().settings().headers(1, echo_head("Reply")).data(1, echo_data("m"), http2::kEndStream));
  loop.settle();
  expect(reply_texts(client->answer(1)), {"You said: m"});
  client->send(FrameScript().settings_ack().ping(1, http2::kAck));
  loop.settle();
  assert_true(client->closed());
  loop.finish();
}

void test_watchers_are_notified(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  const Block head = call_head("/grpc.health.v1.Health/Watch");
  for (const http2::StreamId stream : {1U, 3U})
    client->send(FrameScript().headers(stream, head).data(stream, framed(""), http2::kEndStream));
  loop.settle();
  expect(client->answer(1).messages(), {"\x08\x01"});
  loop.drain();
  loop.settle();
  for (const http2::StreamId stream : {1U, 3U}) {
    expect(client->answer(stream).messages(), {"\x08\x01", "\x08\x02"});
    assert_string_equal(client->answer(stream).status().c_str(), "14");
  }
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

// The same on a connection that was about to end by itself.
void test_watchers_are_notified_on_an_idle_connection_too(void**) {
  const engine::Limits chosen = limits([](engine::Limits& limits) { limits.idle_timeout = 10s; });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  loop.pass(10s);
  const Block head = call_head("/grpc.health.v1.Health/Watch");
  client->send(FrameScript().headers(1, head).data(1, framed(""), http2::kEndStream));
  loop.settle();
  loop.drain();
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "14");
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

// The last answer, too, is more than the socket takes, when nothing else is left to wait for.
void test_a_slow_reader_gets_the_last_answer(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  client->send(FrameScript().headers(1, echo_head("Chat")));
  loop.settle();
  loop.drain();
  loop.settle();
  expect_announced(*client);
  const std::string text(15'000, 'z');
  client->send(FrameScript().ping(1, http2::kAck).data(1, echo_data(text), http2::kEndStream));
  loop.settle();
  assert_int_equal(loop.open_calls(), 0);
  for (int i = 0; i < 10; ++i) {
    client->receive(500);
    loop.pass(700ms);
  }
  loop.read_all(*client);
  expect(reply_texts(client->answer(1)), {"1 You said: " + text});
  assert_true(client->answer(1).ended);
  assert_true(client->closed());
  loop.finish();
}

void test_an_unexpected_ping_ack_has_no_effect(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().ping(9, http2::kAck));
  loop.settle();
  expect(client->control(), {});
  assert_false(client->closed());
  loop.finish();
}

// What waits for the next turn when the connection ends is discarded.
void test_more_frames_than_a_turn_takes_behind_the_ping(void**) {
  LeanLoop loop(limits([](engine::Limits& chosen) { chosen.turn_frames = 20; }));
  const auto client = loop.connect_ready();
  loop.drain();
  loop.settle();
  expect_announced(*client);
  FrameScript script = FrameScript().ping(1, http2::kAck);
  for (std::uint64_t i = 0; i < 50; ++i)
    script.ping(i);
  client->send(script);
  loop.settle();
  assert_string_equal(client->control().front().c_str(), "GOAWAY 0 NO_ERROR shutting down");
  assert_true(client->closed());
  loop.finish();
}

void test_draining_twice_changes_nothing(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  loop.drain();
  loop.drain();
  loop.settle();
  expect_announced(*client);
  loop.finish();
}

// Nothing that was answered is lost: the connection stays until a slow reader has all of it.
void test_a_slow_reader_gets_everything(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  const std::string text(15'000, 'x');
  client->send(echo_call(1, "Reply", echo_data(text)));
  client->send(echo_call(3, "Reply", echo_data(text)));
  loop.settle();
  loop.drain();
  for (int i = 0; i < 60 && loop.connections() != 0; ++i) {
    if (i % 3 == 2) client->receive(1000);
    client->send(i == 0 ? FrameScript().ping(1, http2::kAck) : FrameScript());
    loop.pass(700ms);
  }
  assert_int_equal(loop.connections(), 1);
  loop.read_all(*client);
  expect(reply_texts(client->answer(1)), {"You said: " + text});
  expect(reply_texts(client->answer(3)), {"You said: " + text});
  // Both GOAWAYs came when there was room.
  const Lines told = client->control();
  assert_int_equal(told.size(), 3);
  assert_string_equal(told[0].c_str(), kAnnounced);
  assert_string_equal(told[2].c_str(), "GOAWAY 3 NO_ERROR shutting down");
  loop.pass(1s);
  loop.pass(1s);
  assert_true(client->closed());
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_connection_without_calls_ends_after_the_ping),
      cmocka_unit_test(test_a_call_that_crosses_the_first_goaway_is_answered),
      cmocka_unit_test(test_a_client_that_does_not_answer_the_ping_waits_a_second),
      cmocka_unit_test(test_a_connection_without_a_preface_has_a_second),
      cmocka_unit_test(test_a_call_right_behind_the_preface_is_answered),
      cmocka_unit_test(test_watchers_are_notified),
      cmocka_unit_test(test_watchers_are_notified_on_an_idle_connection_too),
      cmocka_unit_test(test_a_slow_reader_gets_the_last_answer),
      cmocka_unit_test(test_an_unexpected_ping_ack_has_no_effect),
      cmocka_unit_test(test_more_frames_than_a_turn_takes_behind_the_ping),
      cmocka_unit_test(test_draining_twice_changes_nothing),
      cmocka_unit_test(test_a_slow_reader_gets_everything),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
