// What spends a connection's budgets, and what does not: frames and resets that the gateway, a limit of its own or the time
// of a call caused are free.
#include <functional>

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
using http2::ErrorCode;
using http2::kEndStream;

void assert_never_calmed(LeanLoop& loop) {
  assert_int_equal(loop.count(LimitId::ResetBudget), 0);
  assert_int_equal(loop.count(LimitId::IdleFrameBudget), 0);
  assert_int_equal(loop.connections(), 1);
}

// The defaults without refunds over time.
Limits strict() {
  Limits chosen;
  chosen.reset_refill = 0;
  chosen.idle_frame_refill = 0;
  engine::resolve(chosen);
  return chosen;
}

// --- Frames ---

void test_a_ping_after_each_reply(void**) {
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "ReplyStream", echo_data("a", 3500, 1)));
  loop.settle();
  client->send(FrameScript().ping(0));  // For HEADERS.
  for (int reply = 0; reply < 3500; ++reply) {
    client->send(FrameScript().window_update(0, 24).ping(1).window_update(1, 24));
    loop.pass(1ms);
    client->control();
  }
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_int_equal(reply_texts(client->answer(1)).size(), 3500);
  assert_never_calmed(loop);
  loop.finish();
}

// A hundred calls at once are refused before their requests have come, ten times over.
void test_late_frames_of_refused_calls(void**) {
  const std::string empty(5, '\0');
  const std::vector<std::function<FrameScript(std::uint32_t)>> late = {
      [&](std::uint32_t id) { return FrameScript().data(id, empty, kEndStream); },
      [&](std::uint32_t id) { return FrameScript().data(id, empty).data(id, "", kEndStream); },
      [&](std::uint32_t id) { return FrameScript().window_update(id, 5).data(id, empty, kEndStream); },
      [&](std::uint32_t id) { return FrameScript().data(id, empty).rst_stream(id, ErrorCode::Cancel); },
      [&](std::uint32_t id) { return FrameScript().rst_stream(id, ErrorCode::NoError).window_update(0, 5); },
      [&](std::uint32_t id) {
        return FrameScript().data(id, empty).data(id, empty).data(id, "", kEndStream).rst_stream(id, ErrorCode::Cancel);
      },
  };
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  std::uint32_t first = 1;
  for (int round = 0; round < 30; ++round, first += 200) {
    FrameScript heads;
    FrameScript rest;
    for (std::uint32_t id = first; id < first + 200; id += 2)
      heads.headers(id, echo_head("Nothing"));
    for (std::uint32_t id = first; id < first + 200; id += 2)
      rest.raw(late[(id / 2 + static_cast<std::uint32_t>(round)) % late.size()](id).bytes());
    client->send(heads);
    loop.settle();
    client->send(rest);
    loop.settle();
    assert_string_equal(client->answer(first).status().c_str(), "12");
    client->control();
  }
  assert_never_calmed(loop);
  loop.finish();
}

void test_messages_in_small_frames(void**) {
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Collect")));
  for (int i = 0; i < 1000; ++i) {
    FrameScript script;
    add_data(script, 1, echo_data("abc"), false, 3);  // Four frames.
    client->send(script);
    loop.settle();
  }
  client->send(FrameScript().data(1, "", kEndStream));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_never_calmed(loop);
  loop.finish();
}

// A finished call waits for the window of the peer, which continues its request.
void test_data_after_the_end_of_a_call(void**) {
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  client->send(FrameScript().settings({{4, 0}}));
  loop.settle();
  std::uint32_t id = 1;
  for (; id < 200; id += 2) {
    client->send(FrameScript().headers(id, echo_head("Reply")).data(id, echo_data("a")));
    for (int i = 0; i < 30; ++i)
      client->send(FrameScript().data(id, "12345678"));
    loop.settle();
  }
  assert_int_equal(loop.open_calls(), 100);
  assert_never_calmed(loop);
  loop.finish();
}

// Its late DATA is free, but pays for nothing else.
void test_pings_after_the_end_of_a_call(void**) {
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  client->send(FrameScript().settings({{4, 0}}).headers(1, echo_head("Reply")).data(1, echo_data("a")));
  loop.settle();
  for (int i = 0; i < 1100 && loop.count(LimitId::IdleFrameBudget) == 0; ++i) {
    client->send(FrameScript().data(1, "x").ping(1));
    loop.settle();
    client->control();
  }
  assert_int_equal(loop.count(LimitId::IdleFrameBudget), 1);
  loop.finish();
}

// --- Resets ---

void test_sixty_deadlines_a_second(void**) {
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  std::uint32_t id = 1;
  for (int round = 0; round < 600; ++round) {
    FrameScript heads;
    FrameScript before;
    FrameScript after;
    for (int call = 0; call < 6; ++call, id += 2) {
      heads.headers(id, echo_head("Chat", {{"grpc-timeout", "100m"}}));
      (call % 2 == 0 ? before : after).rst_stream(id, ErrorCode::Cancel);
    }
    client->send(heads);
    loop.settle();
    loop.pass(99ms);
    client->send(before);
    loop.pass(1ms);
    client->send(after);
    loop.settle();
    client->control();
    assert_int_equal(loop.open_calls(), 0);
  }
  assert_never_calmed(loop);
  assert_int_equal(loop.count(LimitId::EarlyReset), 0);
  loop.finish();
}

void test_short_deadlines(void**) {
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  for (std::uint32_t id = 1; id < 4000; id += 2) {
    client->send(FrameScript().headers(id, echo_head("Chat", {{"grpc-timeout", "5m"}})));
    loop.settle();
    loop.pass(3ms);
    client->send(FrameScript().rst_stream(id, ErrorCode::Cancel));
    loop.settle();
  }
  assert_never_calmed(loop);
  loop.finish();
}

void test_calls_cancelled_after_a_while(void**) {
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  for (std::uint32_t id = 1; id < 4000; id += 2) {
    client->send(FrameScript().headers(id, echo_head("Chat")));
    loop.settle();
    loop.pass(20ms);
    client->send(FrameScript().rst_stream(id, ErrorCode::Cancel));
    loop.settle();
  }
  assert_never_calmed(loop);
  loop.finish();
}

void test_calls_cancelled_after_a_reply(void**) {
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  for (std::uint32_t id = 1; id < 4000; id += 2) {
    client->send(FrameScript().headers(id, echo_head("Chat")).data(id, echo_data("a")));
    loop.settle();
    loop.pass(1ms);
    client->send(FrameScript().rst_stream(id, ErrorCode::Cancel).window_update(0, 20));
    loop.settle();
    client->control();
  }
  assert_never_calmed(loop);
  loop.finish();
}

// CVE-2023-44487. Whatever the request promises: a reset that cannot be a reaction costs.
void test_calls_cancelled_at_once(void**) {
  const std::vector<std::function<FrameScript(std::uint32_t)>> calls = {
      [](std::uint32_t id) { return FrameScript().headers(id, echo_head("Chat")); },
      [](std::uint32_t id) { return FrameScript().headers(id, echo_head("Chat")).data(id, echo_data("a")); },
      [](std::uint32_t id) {
        return FrameScript().headers(id, echo_head("Chat", {{"grpc-timeout", "1m"}}));
      },
      [](std::uint32_t id) {
        return FrameScript().headers(id, echo_head("Chat", {{"grpc-timeout", "1u"}}));
      },
      [](std::uint32_t id) {
        return FrameScript().headers(id, echo_head("Chat", {{"grpc-timeout", "1H"}}));
      },
  };
  for (const auto& call : calls) {
    LeanLoop loop(strict());
    const auto client = loop.connect_ready();
    FrameScript script;
    for (std::uint32_t id = 1; id < 2 * 201; id += 2)
      script.raw(call(id).rst_stream(id, ErrorCode::Cancel).bytes());
    client->send(script);
    loop.settle();
    const Lines control = client->control();
    assert_string_equal(control.back().c_str(), "GOAWAY 401 ENHANCE_YOUR_CALM too many resets");
    assert_int_equal(loop.count(LimitId::EarlyReset), 201);
    loop.finish();
  }
}

// An unrealistic deadline does not make a reset one turn later free.
void test_calls_cancelled_before_a_tiny_deadline(void**) {
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  for (std::uint32_t id = 1; id < 2 * 201; id += 2) {
    client->send(FrameScript().headers(id, echo_head("Chat", {{"grpc-timeout", "1200u"}})));
    loop.settle();
    loop.pass(900us);
    client->send(FrameScript().rst_stream(id, ErrorCode::Cancel));
    loop.settle();
  }
  expect({client->control().back()}, {"GOAWAY 401 ENHANCE_YOUR_CALM too many resets"});
  loop.finish();
}

// gRPC's C library resets a stream whose HEADERS it never sent, and uses its id and lower ones afterwards.
void test_a_reset_of_a_stream_that_was_never_opened(void**) {
  LeanLoop loop(strict());
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Chat")).rst_stream(7, ErrorCode::Cancel));
  loop.settle();
  for (const std::uint32_t id : {3U, 5U, 7U, 9U}) {
    client->send(echo_call(id, "Reply", echo_data("a")));
    loop.settle();
    assert_string_equal(client->answer(id).status().c_str(), "0");
  }
  client->send(FrameScript().data(1, echo_data("b"), kEndStream));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_never_calmed(loop);
  loop.finish();
}

// --- Refusals ---

void test_calls_refused_for_max_streams(void**) {
  Limits chosen = strict();
  chosen.max_streams = 1;
  chosen.free_refusals = 500;
  chosen.reset_budget = 10;
  LeanLoop loop(chosen);
  const auto other = loop.connect_ready();
  other->send(FrameScript().headers(1, echo_head("Chat")));
  loop.settle();
  const auto client = loop.connect_ready();
  std::uint32_t id = 1;
  const auto refused = [&](int calls) {
    FrameScript script;
    for (int i = 0; i < calls; ++i, id += 2)
      script.headers(id, echo_head("Chat")).data(id, echo_data("late"), kEndStream);
    client->send(script);
    loop.settle();
    assert_string_equal(client->answer(id - 2).reset.c_str(), "REFUSED_STREAM");
  };
  for (int second = 0; second < 20; ++second) {
    refused(500);
    assert_int_equal(loop.count(LimitId::FreeRefusals), 0);
    loop.pass(1s);
  }
  refused(510);
  assert_int_equal(loop.count(LimitId::FreeRefusals), 10);
  assert_int_equal(loop.connections(), 2);
  client->control();
  refused(1);
  expect(client->control(), {"GOAWAY 21021 ENHANCE_YOUR_CALM too many resets"});
  assert_int_equal(loop.count(LimitId::ResetBudget), 1);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_ping_after_each_reply),
      cmocka_unit_test(test_late_frames_of_refused_calls),
      cmocka_unit_test(test_messages_in_small_frames),
      cmocka_unit_test(test_data_after_the_end_of_a_call),
      cmocka_unit_test(test_pings_after_the_end_of_a_call),
      cmocka_unit_test(test_sixty_deadlines_a_second),
      cmocka_unit_test(test_short_deadlines),
      cmocka_unit_test(test_calls_cancelled_after_a_while),
      cmocka_unit_test(test_calls_cancelled_after_a_reply),
      cmocka_unit_test(test_calls_cancelled_at_once),
      cmocka_unit_test(test_calls_cancelled_before_a_tiny_deadline),
      cmocka_unit_test(test_a_reset_of_a_stream_that_was_never_opened),
      cmocka_unit_test(test_calls_refused_for_max_streams),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
