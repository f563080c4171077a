// Limits at their edge: the last that is allowed, the first that is not, and the counter that tells.
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
using http2::FrameType;

// The status of a call whose head has these fields more, and how often the limit was reached.
void expect_head(const Limits& limits, const Block& head, const char* status, LimitId id, std::uint64_t count) {
  LeanLoop loop(limits);
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, head).data(1, echo_data("a"), http2::kEndStream));
  loop.settle();
  assert_string_equal(client->answer(1).status().c_str(), status);
  assert_int_equal(loop.count(id), count);
  // The connection goes on, and its header table is in sync.
  client->send(echo_call(3, "Reply", echo_data("b")));
  loop.settle();
  assert_string_equal(client->answer(3).status().c_str(), "0");
  loop.finish();
}

void test_header_fields(void**) {
  const Limits eight = limits([](Limits& chosen) { chosen.max_header_fields = 8; });
  Block head = echo_head("Reply", {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  expect_head(eight, head, "0", LimitId::MaxHeaderFields, 0);
  expect_head(eight, head.literal("d", "4"), "8", LimitId::MaxHeaderFields, 1);
}

// RFC 9113 6.5.2: the size of a field is that of its name and value, and 32.
void test_header_bytes(void**) {
  const Limits least = limits([](Limits& chosen) { chosen.max_header_bytes = 4096; });
  std::size_t size = 0;
  for (const std::string_view text :
       {":methodPOST", ":schemehttp", ":path/echo.Echo/Reply", "content-typeapplication/grpc", "tetrailers"})
    size += text.size() + 32;
  const std::size_t left = 4096 - size - 32 - std::string_view("x").size();
  expect_head(least, echo_head("Reply", {{"x", std::string(left, 'x')}}), "0", LimitId::MaxHeaderBytes, 0);
  expect_head(least, echo_head("Reply", {{"x", std::string(left + 1, 'x')}}), "8", LimitId::MaxHeaderBytes, 1);
}

void test_header_frames(void**) {
  for (const unsigned continuations : {7U, 8U}) {
    LeanLoop loop;
    const auto client = loop.connect_ready();
    FrameScript script;
    script.frame(FrameType::Headers, http2::kEndStream, 1, echo_head("Reply").bytes());
    for (unsigned frame = 1; frame < continuations; ++frame)
      script.continuation(1, {}, 0);
    client->send(script.continuation(1, {}));
    loop.settle();
    const bool allowed = continuations == 7;
    assert_int_equal(loop.count(LimitId::MaxHeaderFrames), allowed ? 0 : 1);
    assert_int_equal(client->closed(), !allowed);
    loop.finish();
  }
}

// HTTP/2 without the engine has the engine's limits, and the window of RFC 9113.
void test_the_defaults_of_http2(void**) {
  http2::ConnectionLimits of_engine = lean::http2_limits(Limits{});
  of_engine.stream_window_bytes = http2::kDefaultWindowBytes;
  const http2::ConnectionLimits own;
  assert_memory_equal(&own, &of_engine, sizeof own);
}

// A call that is reset before it has lived for early-reset-ms costs a reset.
void test_early_resets(void**) {
  for (const auto& [age, free] : {std::pair(19'999us, false), std::pair(20'000us, true)}) {
    const Limits tens = limits([](Limits& chosen) {
      chosen.reset_budget = 10;
      chosen.reset_refill = 0;
    });
    LeanLoop loop(tens);
    const auto client = loop.connect_ready();
    for (std::uint32_t stream = 1; stream < 23; stream += 2) {
      client->send(FrameScript().headers(stream, echo_head("Collect")));
      loop.settle();
      loop.pass(age);
      client->send(FrameScript().rst_stream(stream, ErrorCode::Cancel));
      loop.settle();
    }
    assert_int_equal(loop.count(LimitId::EarlyReset), free ? 0 : 11);
    assert_int_equal(loop.count(LimitId::ResetBudget), free ? 0 : 1);
    assert_int_equal(client->closed(), !free);
    loop.finish();
  }
}

// The length is enough to refuse a message.
void test_messages(void**) {
  const Limits small = limits([](Limits& chosen) { chosen.max_message_bytes = 1024; });
  for (const std::size_t size : {std::size_t{1024}, std::size_t{1025}}) {
    LeanLoop loop(small);
    const auto client = loop.connect_ready();
    client->send(FrameScript().headers(1, echo_head("Collect")).data(1, framed(std::string(size, '\0')).substr(0, 5)));
    loop.settle();
    assert_int_equal(loop.count(LimitId::MaxMessageBytes), size == 1024 ? 0 : 1);
    assert_string_equal(client->answer(1).status().c_str(), size == 1024 ? "none" : "8");
    client->close();
    loop.settle();
    loop.finish();
  }
}

// slow_peers counts peers that sent something, but too little; a silent one is not slow.
void test_a_silent_peer_is_not_a_slow_one(void**) {
  for (const bool silent : {true, false}) {
    LeanLoop loop;
    const auto client = loop.connect_ready();
    client->send({0, 0, 8});
    loop.settle();
    loop.pass(4s);
    if (!silent) client->send({0});
    loop.settle();
    loop.pass(2s);
    assert_true(client->closed());
    assert_int_equal(loop.count(LimitId::HeaderTimeout), 1);
    assert_int_equal(loop.count(LimitId::MinProgressBytes), silent ? 0 : 1);
    loop.finish();
  }
}

// gRPC defines no trailers in a request: they end it, and their size is no matter of the call.
void test_trailers_of_a_request(void**) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{9000}}) {
    LeanLoop loop;
    const auto client = loop.connect_ready();
    client->send(FrameScript()
                     .headers(1, echo_head("Collect"))
                     .data(1, echo_data("a"))
                     .headers(1, Block().literal("x", std::string(size, 'x')), kEndAll));
    loop.settle();
    assert_string_equal(client->answer(1).status().c_str(), "0");
    assert_int_equal(client->answer(1).messages().size(), 1);
    loop.finish();
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_header_fields),
      cmocka_unit_test(test_header_bytes),
      cmocka_unit_test(test_header_frames),
      cmocka_unit_test(test_the_defaults_of_http2),
      cmocka_unit_test(test_early_resets),
      cmocka_unit_test(test_messages),
      cmocka_unit_test(test_a_silent_peer_is_not_a_slow_one),
      cmocka_unit_test(test_trailers_of_a_request),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
