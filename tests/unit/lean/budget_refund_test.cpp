// Budgets to their last unit: what they cost, and that good calls and time refund them.
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

constexpr const char* kCalm = "ENHANCE_YOUR_CALM";

// Budgets of ten that time does not refill.
Limits tens() {
  return limits([](Limits& chosen) {
    chosen.reset_budget = 10;
    chosen.reset_refill = 0;
    chosen.idle_frame_budget = 10;
    chosen.idle_frame_refill = 0;
  });
}

bool calmed(RawClient& client) {
  for (const std::string& line : client.control()) {
    if (line.find(kCalm) != std::string::npos) return true;
  }
  return false;
}

// A call that is opened and reset at once costs a reset.
FrameScript flood_call(std::uint32_t stream) {
  return FrameScript().headers(stream, echo_head("Chat")).rst_stream(stream, ErrorCode::Cancel);
}

// How many such calls until GOAWAY, at most `most`.
int resets_until_calm(LeanLoop& loop, RawClient& client, std::uint32_t first, int most) {
  for (int count = 0; count < most; ++count) {
    client.send(flood_call(first + 2 * static_cast<std::uint32_t>(count)));
    loop.settle();
    if (calmed(client)) return count;
  }
  return most;
}

void test_ten_resets_and_no_more(void**) {
  LeanLoop loop(tens());
  const auto client = loop.connect_ready();
  assert_int_equal(resets_until_calm(loop, *client, 1, 100), 10);
  assert_int_equal(loop.count(LimitId::ResetBudget), 1);
  assert_true(client->closed());
  loop.finish();
}

// What a good call refunds is the cost of its own reset, not of those before.
void test_a_refund_is_one_reset(void**) {
  LeanLoop loop(tens());
  const auto client = loop.connect_ready();
  assert_int_equal(resets_until_calm(loop, *client, 1, 5), 5);
  for (std::uint32_t stream = 101; stream < 107; stream += 2) {
    client->send(FrameScript().headers(stream, echo_head("Chat")).data(stream, echo_data("a")));
    loop.settle();
    loop.pass(1ms);
    client->send(FrameScript().rst_stream(stream, ErrorCode::Cancel));
    loop.settle();
  }
  assert_int_equal(resets_until_calm(loop, *client, 201, 100), 5);
  loop.finish();
}

void test_ten_idle_frames_and_no_more(void**) {
  LeanLoop loop(tens());
  const auto client = loop.connect_ready();
  for (int frame = 0; frame < 10; ++frame)
    client->send(FrameScript().priority(1));
  loop.settle();
  assert_false(calmed(*client));
  client->send(FrameScript().priority(1));
  loop.settle();
  assert_true(calmed(*client));
  assert_int_equal(loop.count(LimitId::IdleFrameBudget), 1);
  loop.finish();
}

// One for its stream and one for the connection.
void test_two_window_updates_with_a_request_are_free(void**) {
  LeanLoop loop(tens());
  const auto client = loop.connect_ready();
  for (std::uint32_t stream = 1; stream < 121; stream += 2)
    client->send(FrameScript().headers(stream, echo_head("Collect")).window_update(stream, 1).window_update(0, 1));
  loop.settle();
  assert_false(calmed(*client));
  assert_int_equal(loop.open_calls(), 60);
  client->close();
  loop.settle();
  loop.finish();
}

// The replies of another call leave no room for its answer in this turn.
void test_a_reset_of_a_call_whose_deadline_had_passed(void**) {
  LeanLoop loop(limits([](Limits& chosen) { chosen.send_bytes = 16 * 1024; }));
  const auto client = loop.connect_ready();
  FrameScript script = echo_call(1, "ReplyStream", echo_data(std::string(9000, 'x'), 3));
  script.headers(3, echo_head("Chat", {{"grpc-timeout", "0n"}})).rst_stream(3, ErrorCode::Cancel);
  client->send(script);
  loop.settle();
  loop.read_all(*client);
  assert_int_equal(client->answer(1).messages().size(), 3);
  assert_false(client->answer(3).ended);
  assert_int_equal(loop.count(LimitId::EarlyReset), 0);
  loop.finish();
}

// Python's grpcio resets after each reply, Go's after each that it does not read to its end.
void test_thirty_good_calls_each_followed_by_a_reset(void**) {
  for (const bool ended : {true, false}) {
    LeanLoop loop(tens());
    const auto client = loop.connect_ready();
    for (std::uint32_t stream = 1; stream < 61; stream += 2) {
      const std::uint8_t end = ended ? http2::kEndStream : std::uint8_t{0};
      client->send(FrameScript().headers(stream, echo_head("Chat")).data(stream, echo_data("a"), end));
      loop.settle();
      expect(reply_texts(client->answer(stream)), {"1 You said: a"});
      loop.pass(1ms);
      client->send(FrameScript().rst_stream(stream, ErrorCode::Cancel));
      loop.settle();
      expect(client->control(), {});
    }
    assert_int_equal(loop.count(LimitId::ResetBudget), 0);
    assert_int_equal(loop.count(LimitId::IdleFrameBudget), 0);
    assert_int_equal(loop.open_calls(), 0);
    // Nothing was saved up. The refund of a reset comes before its cost, so a full budget stays one short of it.
    assert_int_equal(resets_until_calm(loop, *client, 101, 100), ended ? 10 : 9);
    loop.finish();
  }
}

// The reset comes with the request, before the client can have seen the reply: the call was of no use to it.
void test_a_reset_in_the_moment_of_the_reply_is_not_refunded(void**) {
  LeanLoop loop(tens());
  const auto client = loop.connect_ready();
  for (std::uint32_t stream = 1; stream < 21; stream += 2)
    client->send(FrameScript()
                     .headers(stream, echo_head("Chat"))
                     .data(stream, echo_data("a"))
                     .rst_stream(stream, ErrorCode::Cancel));
  loop.settle();
  assert_false(calmed(*client));
  assert_int_equal(resets_until_calm(loop, *client, 101, 100), 0);
  loop.finish();
}

// A call that ends well refunds what a flood before it has spent.
void test_good_calls_refund_what_was_spent(void**) {
  LeanLoop loop(tens());
  const auto client = loop.connect_ready();
  assert_int_equal(resets_until_calm(loop, *client, 1, 10), 10);
  for (std::uint32_t stream = 101; stream < 107; stream += 2)
    client->send(echo_call(stream, "Reply", echo_data("a")));
  loop.settle();
  assert_string_equal(client->answer(105).status().c_str(), "0");
  client->control();
  const int left = resets_until_calm(loop, *client, 201, 100);
  assert_true(left >= 3 && left <= 10);
  loop.finish();
}

// The calls that a client sends, one after the other, until GOAWAY. At most `most`. Each is answered before.
template <class Call>
int calls_until_calm(LeanLoop& loop, RawClient& client, Call call, const char* status, int most = 30) {
  for (int count = 0; count < most; ++count) {
    const auto stream = static_cast<std::uint32_t>(2 * count + 1);
    client.send(call(stream));
    loop.settle();
    const Answer& answer = client.answer(stream);
    const std::string told = answer.status() == "none" ? answer.field(":status") : answer.status();
    if (told != status && (count == 0 || !told.starts_with("none"))) fail_msg("call %d: %s", count, told.c_str());
    if (calmed(client)) return count;
  }
  return most;
}

Octets with_body(std::uint32_t stream, std::string_view body) {
  return FrameScript().headers(stream, echo_head("Collect")).data(stream, body, http2::kEndStream).bytes();
}

// Each refusal for a fault of the peer costs a reset.
void test_own_faults_cost(void**) {
  const auto expect_ten = [](auto call, const char* status) {
    LeanLoop loop(tens());
    const auto client = loop.connect_ready();
    assert_int_equal(calls_until_calm(loop, *client, call, status), 10);
    assert_int_equal(loop.count(LimitId::ResetBudget), 1);
    loop.finish();
  };
  using Id = std::uint32_t;
  const std::string long_value(8000, 'x');
  expect_ten([](Id id) { return with_body(id, std::string_view("\0\xff\xff\xff\xff", 5)); }, "8");
  expect_ten([](Id id) { return with_body(id, std::string_view("\0\0\0\0\5he", 7)); }, "13");
  expect_ten([](Id id) { return with_body(id, std::string_view("\2\0\0\0\1a", 6)); }, "13");
  expect_ten([](Id id) { return with_body(id, std::string_view("\1\0\0\0\1a", 6)); }, "13");
  expect_ten(
      [&](Id id) {
        return FrameScript().headers(id, echo_head("Chat", {{"a", long_value}, {"b", long_value}}), kEndAll).bytes();
      },
      "8");
  expect_ten(
      [](Id id) {
        return FrameScript().headers(id, echo_head("Chat", {{"grpc-timeout", "soon"}}), kEndAll).bytes();
      },
      "13");
  const Block put = Block().literal(":method", "PUT").literal(":scheme", "http").literal(":path", "/");
  expect_ten([&](Id id) { return FrameScript().headers(id, put, kEndAll).bytes(); }, "405");
}

// So a client with a fault in some of its calls never meets the limit.
void test_good_calls_pay_for_faults(void**) {
  LeanLoop loop(tens());
  const auto client = loop.connect_ready();
  for (std::uint32_t stream = 1; stream < 121; stream += 4) {
    client->send(FrameScript().headers(stream, echo_head("Chat", {{"grpc-timeout", "soon"}}), kEndAll));
    client->send(echo_call(stream + 2, "Reply", echo_data("a")));
    loop.settle();
    assert_string_equal(client->answer(stream).status().c_str(), "13");
    assert_string_equal(client->answer(stream + 2).status().c_str(), "0");
  }
  assert_false(calmed(*client));
  loop.finish();
}

// For lack of memory, a refusal costs only beyond free-refusals.
void test_a_lack_of_memory_costs_later(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.reset_budget = 10;
    limits.reset_refill = 0;
    limits.free_refusals = 5;
    limits.max_header_bytes = 4096;
    limits.max_message_bytes = 1024;
    limits.buffer_bytes = 64 * 1024;
    limits.connection_buffer_bytes = 64 * 1024;
  });
  LeanLoop loop(chosen);
  const auto other = loop.connect_ready();
  std::vector<lean::Block*> taken;
  while (lean::Block* block = loop.connection(0).share().take_small())
    taken.push_back(block);
  const auto client = loop.connect_ready();
  const auto call = [](std::uint32_t id) {
    return FrameScript().headers(id, echo_head("Chat", {{"x-a", "1"}}), kEndAll).bytes();
  };
  assert_int_equal(calls_until_calm(loop, *client, call, "8"), 15);
  assert_int_equal(loop.count(LimitId::FreeRefusals), 11);
  for (lean::Block* block : taken)
    loop.connection(0).share().release(*block);
  loop.finish();
}

// A lawful client may call what only another version of the gateway has.
void test_unknown_methods_are_free(void**) {
  LeanLoop loop(tens());
  const auto client = loop.connect_ready();
  const auto call = [](std::uint32_t id) { return FrameScript().headers(id, echo_head("Sing"), kEndAll).bytes(); };
  assert_int_equal(calls_until_calm(loop, *client, call, "12"), 30);
  loop.finish();
}

// An answer of a service is no refusal, whatever its status.
void test_the_errors_of_a_service_are_free(void**) {
  LeanLoop loop(tens());
  const auto client = loop.connect_ready();
  const auto call = [](std::uint32_t id) { return echo_call(id, "Reply", framed("\xff")).bytes(); };
  assert_int_equal(calls_until_calm(loop, *client, call, "13"), 30);
  loop.finish();
}

// Each second refunds the refill, and never more than the budget.
void test_time_refunds(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.reset_budget = 10;
    limits.reset_refill = 3;
  });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  assert_int_equal(resets_until_calm(loop, *client, 1, 10), 10);
  loop.pass(999ms);
  loop.pass(1ms);
  assert_int_equal(resets_until_calm(loop, *client, 101, 3), 3);
  loop.pass(10s);
  assert_int_equal(resets_until_calm(loop, *client, 201, 100), 10);
  loop.finish();
}

void test_a_moment_refunds_nothing(void**) {
  const Limits chosen = limits([](Limits& limits) {
    limits.reset_budget = 10;
    limits.reset_refill = 3;
  });
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  assert_int_equal(resets_until_calm(loop, *client, 1, 10), 10);
  loop.pass(999ms);
  assert_int_equal(resets_until_calm(loop, *client, 101, 100), 0);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_ten_resets_and_no_more),
      cmocka_unit_test(test_a_refund_is_one_reset),
      cmocka_unit_test(test_ten_idle_frames_and_no_more),
      cmocka_unit_test(test_two_window_updates_with_a_request_are_free),
      cmocka_unit_test(test_a_reset_of_a_call_whose_deadline_had_passed),
      cmocka_unit_test(test_thirty_good_calls_each_followed_by_a_reset),
      cmocka_unit_test(test_a_reset_in_the_moment_of_the_reply_is_not_refunded),
      cmocka_unit_test(test_good_calls_refund_what_was_spent),
      cmocka_unit_test(test_own_faults_cost),
      cmocka_unit_test(test_good_calls_pay_for_faults),
      cmocka_unit_test(test_a_lack_of_memory_costs_later),
      cmocka_unit_test(test_unknown_methods_are_free),
      cmocka_unit_test(test_the_errors_of_a_service_are_free),
      cmocka_unit_test(test_time_refunds),
      cmocka_unit_test(test_a_moment_refunds_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
