// One call of the client: four kinds, windows, metadata, deadlines, cancellation, what a caller does wrong.
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/device.h"
#include "support/lines.h"

namespace {

using namespace mote::test;
using mote::as_bytes;
using mote::as_text;
using mote::Bytes;
using mote::StatusCode;
using mote::device::Received;
using mote::http2::ErrorCode;

mote_call call_of(std::uint32_t timeout_ms = 1000) {
  mote_call call{};
  call.path = "/a.B/C";
  call.timeout_ms = timeout_ms;
  return call;
}

std::string next_message(Device& device) {
  Bytes message;
  switch (device.client.receive(message)) {
    case Received::Message:
      return std::string(as_text(message));
    case Received::Nothing:
      return "(nothing)";
    case Received::Over:
      return "(over)";
  }
  return {};
}

void a_unary_call(void**) {
  Device device;
  device.port.answers(answer(1, "hello"));
  assert_string_equal(device.ask("question").c_str(), "hello");
  assert_string_equal(device.outcome().c_str(), "OK ");
  const Lines sent = device.port.sent();
  expect({sent.begin() + 2, sent.end()}, {"HEADERS 1", "DATA 1 end " + prefixed("question"), "SETTINGS ack"});
  device.port.answers(answer(3, "again"));
  assert_string_equal(device.ask("").c_str(), "again");
  assert_int_equal(device.port.connects, 1);
  expect(device.port.sent(), {"HEADERS 3", "DATA 3 end " + prefixed("")});
}

void cut_anywhere(void**) {
  for (std::size_t piece = 1; piece < 40; ++piece) {
    Device device({}, {.input = 32, .output = 256});
    device.port.piece_bytes = piece;
    device.port.answers(answer(1, "hello"));
    assert_string_equal(device.ask("question").c_str(), "hello");
  }
}

void a_stream_of_replies(void**) {
  Device device;
  device.port.answers(FrameScript()
                          .headers(1, grpc_response())
                          .data(1, prefixed("one") + prefixed("two"))
                          .data(1, prefixed("three"))
                          .headers(1, grpc_trailers(), kEndAll));
  assert_true(device.client.start(call_of()));
  assert_true(device.client.send(as_bytes("go"), true));
  for (const char* expected : {"one", "two", "three", "(over)", "(over)"})
    assert_string_equal(next_message(device).c_str(), expected);
  assert_string_equal(device.outcome().c_str(), "OK ");
}

void messages_come_before_the_status_that_is_not_ok(void**) {
  Device device;
  device.port.answers(FrameScript()
                          .headers(1, grpc_response())
                          .data(1, prefixed("one"))
                          .headers(1, grpc_trailers("13").literal("grpc-message", "broke%21"), kEndAll));
  device.client.start(call_of());
  device.client.end_sending();
  assert_string_equal(next_message(device).c_str(), "one");
  assert_string_equal(next_message(device).c_str(), "(over)");
  assert_string_equal(device.outcome().c_str(), "INTERNAL broke!");
}

void a_stream_of_requests(void**) {
  Device device;
  device.port.answers(FrameScript().window_update(1, 1));
  device.client.start(call_of());
  for (int i = 0; i < 3; ++i)
    assert_true(device.client.send(as_bytes("part")));
  device.port.sends(answer(1, "3"));
  assert_true(device.client.end_sending());
  assert_true(device.client.end_sending());
  Bytes reply;
  assert_int_equal(device.client.receive_only(reply), StatusCode::Ok);
  assert_true(as_text(reply) == "3");
}

void a_chat(void**) {
  Device device;
  device.port.answers(FrameScript().headers(1, grpc_response()));
  device.client.start(call_of());
  for (const char* word : {"one", "two"}) {
    assert_true(device.client.send(as_bytes(word)));
    device.port.sends(FrameScript().data(1, prefixed(word)));
    assert_string_equal(next_message(device).c_str(), word);
  }
  Bytes nothing = as_bytes("what an earlier message left");
  assert_int_equal(device.client.receive(nothing, 10), Received::Nothing);
  assert_true(nothing.empty());
  assert_false(device.client.over());
  assert_true(device.client.end_sending());
  device.port.sends(FrameScript().headers(1, grpc_trailers(), kEndAll));
  assert_string_equal(next_message(device).c_str(), "(over)");
  assert_string_equal(device.outcome().c_str(), "OK ");
}

void a_message_larger_than_the_memory_is_sent_in_frames(void**) {
  Device device;
  device.port.answers(FrameScript());
  device.client.start(call_of());
  const std::string message(5000, 'm');
  assert_true(device.client.send(as_bytes(message), true));
  std::string payload;
  for (const std::string& line : device.port.sent()) {
    if (!line.starts_with("DATA 1 ")) continue;
    payload += line.substr(line.starts_with("DATA 1 end ") ? 11 : 7);
  }
  assert_true(payload == prefixed(message));
}

void sending_waits_for_the_servers_windows(void**) {
  Device device;
  device.port.sends_settings = false;
  device.port.sends_at(1000, FrameScript().settings({{4, 10}}));
  device.port.sends_at(1200, FrameScript().window_update(1, 10));
  device.port.sends_at(1300, FrameScript().window_update(1, 100));
  assert_true(device.client.connect());
  device.port.sent();
  device.client.start(call_of());
  assert_true(device.client.send(as_bytes(std::string(20, 'x')), true));
  assert_int_equal(device.port.now_ms, 1300);
  expect(device.port.sent(), {"HEADERS 1", "DATA 1 " + prefixed(std::string(20, 'x')).substr(0, 10),
                              "DATA 1 xxxxxxxxxx", "DATA 1 end xxxxx"});
}

void a_window_that_stays_closed_ends_at_the_deadline(void**) {
  Device device;
  device.port.sends_settings = false;
  device.port.sends_at(1000, FrameScript().settings({{4, 0}}));
  assert_true(device.client.connect());
  device.client.start(call_of(700));
  assert_false(device.client.send(as_bytes("x"), true));
  assert_int_equal(device.port.now_ms, 1700);
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
}

void a_server_that_allows_no_stream_yet(void**) {
  Device device;
  device.port.sends_settings = false;
  device.port.sends_at(1000, FrameScript().settings({{3, 0}}));
  device.port.sends_at(1500, FrameScript().settings({{3, 1}}));
  assert_true(device.client.connect());
  device.port.answers(answer(1, "at last"));
  assert_string_equal(device.ask("x").c_str(), "at last");
  assert_int_equal(device.port.now_ms, 1500);
  assert_false(device.client.retried());
}

// The window is what the buffer has room for; it is opened again as messages are taken.
void the_window_follows_the_memory(void**) {
  Device device({}, {.messages = 200});
  device.port.answers(FrameScript().headers(1, grpc_response()).data(1, prefixed(std::string(120, 'a'))));
  device.client.start(call_of());
  device.client.end_sending();
  assert_true(next_message(device) == std::string(120, 'a'));
  device.port.sent();
  device.port.sends(FrameScript().data(1, prefixed("b")));
  assert_string_equal(next_message(device).c_str(), "b");
  expect(device.port.sent(), {"WINDOW_UPDATE 1 +125"});
  // 194 bytes are left of it, one too few for what comes: all that may come is taken in, and the rest asked for.
  const std::string large = prefixed(std::string(190, 'c'));
  device.port.sends(FrameScript().data(1, large.substr(0, 194)));
  device.port.sends_at(device.port.now_ms + 1, FrameScript().data(1, large.substr(194)));
  assert_true(next_message(device) == std::string(190, 'c'));
  expect(device.port.sent(), {"WINDOW_UPDATE 1 +6"});
}

// Small messages cost no WINDOW_UPDATE each.
void the_window_is_granted_when_half_of_it_is_used(void**) {
  Device device({}, {.messages = 200});
  device.port.answers(FrameScript().headers(1, grpc_response()));
  device.client.start(call_of());
  device.client.end_sending();
  const auto receive_50_bytes = [&device] {
    device.port.sends_at(device.port.now_ms + 1, FrameScript().data(1, prefixed(std::string(45, 'm'))));
    assert_true(next_message(device) == std::string(45, 'm'));
    return device.port.sent();
  };
  receive_50_bytes();
  expect(receive_50_bytes(), {});
  expect(receive_50_bytes(), {});
  expect(receive_50_bytes(), {"WINDOW_UPDATE 1 +150"});
}

void the_largest_message_and_one_byte_more(void**) {
  for (const std::size_t size : {195U, 196U}) {
    Device device({}, {.messages = 200});
    const std::string message = prefixed(std::string(size, 'a'));
    device.port.answers(FrameScript()
                            .headers(1, grpc_response())
                            .data(1, message.substr(0, 100))
                            .data(1, message.substr(100))
                            .headers(1, grpc_trailers(), kEndAll));
    const std::string reply = device.ask("x");
    assert_int_equal(reply.size(), size == 195 ? 195 : 0);
    assert_string_equal(device.outcome().c_str(), size == 195 ? "OK " : "RESOURCE_EXHAUSTED message too large");
  }
}

// PROTOCOL-HTTP2.md, "Custom-Metadata": whitespace around a value is none of it.
void custom_metadata_is_trimmed(void**) {
  Device device;
  device.port.answers(
      FrameScript()
          .headers(1, grpc_response().literal("x-a", " 1").literal("x-a", "2 \t3\t ").literal("x-c", " \t"))
          .data(1, prefixed("hello"))
          .headers(1, grpc_trailers().literal("x-b-bin", "\tAA "), kEndAll));
  std::vector<std::string> received;
  mote_call call = call_of();
  call.context = &received;
  call.on_metadata = [](void* context, mote_text name, mote_text value, bool trailing) {
    static_cast<std::vector<std::string>*>(context)->push_back(
        std::string(name.data, name.size) + ": " + std::string(value.data, value.size) + (trailing ? " trailing" : ""));
  };
  device.client.start(call);
  device.client.send(as_bytes("x"), true);
  Bytes reply;
  assert_int_equal(device.client.receive_only(reply), StatusCode::Ok);
  expect(received, {"x-a: 1", "x-a: 2 \t3", "x-c: ", "x-b-bin: AA trailing"});
}

void invalid_requests_are_not_sent(void**) {
  Device device;
  mote_call call = call_of();
  call.path = "no-slash";
  assert_false(device.client.start(call));
  assert_string_equal(device.outcome().c_str(), "INVALID_ARGUMENT path or metadata not allowed");
  const std::string long_path = "/" + std::string(600, 'p');
  call.path = long_path.c_str();
  assert_false(device.client.start(call));
  assert_string_equal(device.outcome().c_str(), "INVALID_ARGUMENT headers too large");
  expect(device.port.sent(), {"SETTINGS 1=0 2=0 4=256 6=4096", "WINDOW_UPDATE 0 +983041", "SETTINGS ack"});
  device.port.answers(answer(1, "fine"));
  assert_string_equal(device.ask("x").c_str(), "fine");
}

void a_deadline_ends_a_silent_call(void**) {
  Device device;
  device.port.answers(FrameScript());
  assert_string_equal(device.ask("x", 750).c_str(), "");
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
  assert_int_equal(device.port.now_ms, 1750);
  device.port.sent();
  device.client.poll();
  expect(device.port.sent(), {"RST_STREAM 1 CANCEL"});
}

// What arrives a millisecond before the deadline does not end the call.
void a_call_ends_at_its_deadline(void**) {
  Device device;
  assert_true(device.client.start(call_of(700)));
  device.port.sends_at(1699, FrameScript().headers(1, grpc_response()));
  assert_string_equal(next_message(device).c_str(), "(over)");
  assert_int_equal(device.port.now_ms, 1700);
}

void a_call_without_a_timeout_has_that_of_the_options(void**) {
  for (const std::uint32_t timeout_ms : {0U, 1U, 700U}) {
    mote_options options{};
    options.call_timeout_ms = timeout_ms;
    Device device(options);
    assert_true(device.client.start(call_of(0)));
    assert_string_equal(next_message(device).c_str(), "(over)");
    assert_int_equal(device.port.now_ms, 1000 + (timeout_ms != 0 ? timeout_ms : 10'000));
    // That of the call comes first.
    const std::uint32_t begun_ms = device.port.now_ms;
    assert_true(device.client.start(call_of(20)));
    assert_string_equal(next_message(device).c_str(), "(over)");
    assert_int_equal(device.port.now_ms, begun_ms + 20);
  }
}

// Messages that nobody received, a status, and a message that was not sent to its end.
void a_call_leaves_nothing_to_the_next_one(void**) {
  Device device;
  device.port.answers(FrameScript()
                          .headers(1, grpc_response())
                          .data(1, prefixed("one") + prefixed("two"))
                          .headers(1, grpc_trailers("5").literal("grpc-message", "lost"), kEndAll));
  assert_true(device.client.start(call_of()));
  assert_string_equal(next_message(device).c_str(), "one");
  assert_string_equal(device.outcome().c_str(), "NOT_FOUND lost");
  device.port.answers(FrameScript().headers(3, grpc_response()).data(3, prefixed("three")));
  assert_true(device.client.start(call_of()));
  assert_string_equal(device.outcome().c_str(), "OK ");
  assert_string_equal(next_message(device).c_str(), "three");
  device.port.sends(FrameScript().headers(3, Block().literal("x", "y"), kEndAll));
  assert_string_equal(next_message(device).c_str(), "(over)");
  assert_int_equal(device.client.status(), StatusCode::Unknown);
  assert_true(device.client.start(call_of()));
  assert_true(device.client.begin_message(5));
  assert_true(device.client.put(as_bytes("ab")));
  device.client.cancel();
  assert_string_equal(device.outcome().c_str(), "CANCELLED cancelled");
  device.port.sent();
  device.port.answers(answer(7, "four"));
  assert_true(device.client.start(call_of()));
  assert_string_equal(device.outcome().c_str(), "OK ");
  assert_true(device.client.end_sending());
  expect(device.port.sent(), {"HEADERS 7", "DATA 7 end "});
  assert_string_equal(next_message(device).c_str(), "four");
}

// No message that has arrived is received behind it.
void the_end_of_a_call_discards_messages(void**) {
  for (const bool ended : {false, true}) {
    for (const bool fails : {false, true}) {
      Device device;
      FrameScript script = FrameScript().headers(1, grpc_response()).data(1, prefixed("one") + prefixed("two"));
      if (ended) script.headers(1, grpc_trailers(), kEndAll);
      device.port.answers(script);
      assert_true(device.client.start(call_of()));
      assert_string_equal(next_message(device).c_str(), "one");
      if (fails) {
        device.client.fail(StatusCode::Internal, "cannot be read");
      } else {
        device.client.cancel();
      }
      // A call that has ended is not cancelled.
      assert_string_equal(next_message(device).c_str(), ended && !fails ? "two" : "(over)");
      const char* const expected = fails ? "INTERNAL cannot be read" : ended ? "OK " : "CANCELLED cancelled";
      assert_string_equal(device.outcome().c_str(), expected);
    }
  }
}

void a_reset_by_the_server_at_the_deadline_is_the_deadline(void**) {
  Device device;
  device.port.sends_at(1500, FrameScript().rst_stream(1, ErrorCode::Cancel));
  device.ask("x", 500);
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
}

void a_late_answer_does_not_reach_the_next_call(void**) {
  Device device;
  device.port.answers(FrameScript());
  device.ask("x", 100);
  device.port.sends(answer(1, "late"));
  device.port.answers(answer(3, "in time"));
  assert_string_equal(device.ask("y").c_str(), "in time");
  assert_int_equal(device.port.connects, 1);
}

void cancelling_resets_the_stream(void**) {
  Device device;
  device.port.answers(FrameScript().headers(1, grpc_response()));
  device.client.start(call_of());
  device.client.send(as_bytes("x"));
  device.port.sent();
  assert_int_equal(device.client.cancel(), StatusCode::Cancelled);
  const Lines sent = device.port.sent();
  assert_string_equal(sent.back().c_str(), "RST_STREAM 1 CANCEL");
  assert_false(device.client.send(as_bytes("y")));
  assert_string_equal(next_message(device).c_str(), "(over)");
  assert_int_equal(device.client.cancel(), StatusCode::Cancelled);
  expect(device.port.sent(), {});
}

void a_start_cancels_the_previous_call(void**) {
  Device device;
  device.port.answers(FrameScript().headers(1, grpc_response()));
  device.client.start(call_of());
  device.client.send(as_bytes("x"));
  device.port.answers(answer(3, "second"));
  assert_string_equal(device.ask("y").c_str(), "second");
  bool reset = false;
  for (const std::string& line : device.port.sent())
    reset |= line == "RST_STREAM 1 CANCEL";
  assert_true(reset);
}

void a_unary_call_has_exactly_one_reply(void**) {
  Device none;
  none.port.answers(FrameScript().headers(1, grpc_response()).headers(1, grpc_trailers(), kEndAll));
  assert_string_equal(none.ask("x").c_str(), "");
  assert_string_equal(none.outcome().c_str(), "UNIMPLEMENTED not exactly one reply");
  Device two;
  two.port.answers(FrameScript()
                       .headers(1, grpc_response())
                       .data(1, prefixed("one") + prefixed("two"))
                       .headers(1, grpc_trailers(), kEndAll));
  assert_string_equal(two.ask("x").c_str(), "");
  assert_string_equal(two.outcome().c_str(), "UNIMPLEMENTED not exactly one reply");
}

void messages_in_pieces_have_the_size_that_was_announced(void**) {
  Device device;
  device.port.answers(answer(1, "fine"));
  device.client.start(call_of());
  assert_true(device.client.begin_message(6));
  assert_true(device.client.put(as_bytes("abc")));
  assert_true(device.client.put(as_bytes("def")));
  assert_true(device.client.end_message(true));
  Bytes reply;
  assert_int_equal(device.client.receive_only(reply), StatusCode::Ok);

  device.client.start(call_of());
  assert_true(device.client.begin_message(6));
  assert_false(device.client.put(as_bytes("abcdefg")));
  assert_string_equal(device.outcome().c_str(), "INTERNAL not the announced size");

  device.client.start(call_of());
  assert_true(device.client.begin_message(6));
  assert_true(device.client.put(as_bytes("abcde")));
  assert_false(device.client.end_message(true));
  assert_string_equal(device.outcome().c_str(), "INTERNAL not the announced size");

  device.client.start(call_of());
  assert_true(device.client.send(as_bytes("x"), true));
  assert_false(device.client.send(as_bytes("y")));
  assert_int_equal(device.client.status(), StatusCode::Internal);
}

void a_clock_that_wraps(void**) {
  Device device;
  device.port.now_ms = UINT32_MAX - 100;
  device.port.answers(FrameScript());
  device.ask("x", 500);
  assert_int_equal(device.port.now_ms, 399);
  device.port.answers(answer(3, "fine"));
  assert_string_equal(device.ask("x", 500).c_str(), "fine");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_unary_call),
      cmocka_unit_test(cut_anywhere),
      cmocka_unit_test(a_stream_of_replies),
      cmocka_unit_test(messages_come_before_the_status_that_is_not_ok),
      cmocka_unit_test(a_stream_of_requests),
      cmocka_unit_test(a_chat),
      cmocka_unit_test(a_message_larger_than_the_memory_is_sent_in_frames),
      cmocka_unit_test(sending_waits_for_the_servers_windows),
      cmocka_unit_test(a_window_that_stays_closed_ends_at_the_deadline),
      cmocka_unit_test(a_server_that_allows_no_stream_yet),
      cmocka_unit_test(the_window_follows_the_memory),
      cmocka_unit_test(the_window_is_granted_when_half_of_it_is_used),
      cmocka_unit_test(the_largest_message_and_one_byte_more),
      cmocka_unit_test(custom_metadata_is_trimmed),
      cmocka_unit_test(invalid_requests_are_not_sent),
      cmocka_unit_test(a_deadline_ends_a_silent_call),
      cmocka_unit_test(a_call_ends_at_its_deadline),
      cmocka_unit_test(a_call_without_a_timeout_has_that_of_the_options),
      cmocka_unit_test(a_call_leaves_nothing_to_the_next_one),
      cmocka_unit_test(the_end_of_a_call_discards_messages),
      cmocka_unit_test(a_reset_by_the_server_at_the_deadline_is_the_deadline),
      cmocka_unit_test(a_late_answer_does_not_reach_the_next_call),
      cmocka_unit_test(cancelling_resets_the_stream),
      cmocka_unit_test(a_start_cancels_the_previous_call),
      cmocka_unit_test(a_unary_call_has_exactly_one_reply),
      cmocka_unit_test(messages_in_pieces_have_the_size_that_was_announced),
      cmocka_unit_test(a_clock_that_wraps),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
