// Limits at their edge: the last that is allowed, the first that is not, and the counter that tells.
#include <array>
#include <string>

#include "mote/rpc/service.h"
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

struct NoService {};

// Eight fields of 1024 bytes in HPACK: seven bytes are that the value follows, the name, and lengths.
const std::string kEighth(1017, 'v');
constexpr std::array kNames = {"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7"};

// Fails with as much metadata as max-header-bytes allows, before and behind its messages, and the longest status message.
Status fail_at_length(NoService& /*service*/, Call& call, const echo_EchoRequest& /*in*/, echo_EchoReply& /*out*/) {
  for (const char* const name : kNames) {
    if (!call.add_initial_metadata(name, kEighth) || !call.add_trailing_metadata(name, kEighth)) return {};
  }
  call.fail(DataLoss, std::string_view(std::string(rpc::kStatusMessageBytes, '%')));
  return {};
}

// PROTOCOL-HTTP2.md, "Trailers-Only": one header block has all of it.
void test_the_longest_header_block_of_a_reply(void**) {
  NoService object;
  std::array methods = {rpc::unary<NoService, echo_EchoRequest, echo_EchoReply, fail_at_length>("/echo.Echo/Fail")};
  methods[0].service = &object;
  const std::array services = {rpc::Service{"echo.Echo", methods}};
  LeanLoop loop(limits([](Limits& chosen) { chosen.max_header_bytes = 8 * 1024; }), rpc::ServiceTable(services));
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "Fail", echo_data("a")));
  loop.settle();
  loop.read_all(*client);
  Lines expected = {":status: 200", "content-type: application/grpc"};
  for (const char* const name : kNames)
    expected.push_back(name + (": " + kEighth));
  expected.emplace_back("grpc-status: 15");
  for (const char* const name : kNames)
    expected.push_back(name + (": " + kEighth));
  std::string message = "grpc-message: ";
  for (std::size_t i = 0; i < rpc::kStatusMessageBytes; ++i)
    message += "%25";
  expected.push_back(message);
  expect(client->answer(1).head, expected);
  assert_true(client->answer(1).ended);
  loop.finish();
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

// Each call that succeeds refunds one reset.
void test_resets_between_answered_calls(void**) {
  for (const std::uint32_t resets : {1U, 2U}) {
    LeanLoop loop(limits([](Limits& chosen) {
      chosen.reset_budget = 10;
      chosen.reset_refill = 0;
    }));
    const auto client = loop.connect_ready();
    std::uint32_t stream = 1;
    for (int round = 0; round < 30; ++round) {
      FrameScript script;
      for (std::uint32_t i = 0; i < resets; ++i, stream += 2)
        script.headers(stream, echo_head("Collect")).rst_stream(stream, ErrorCode::Cancel);
      client->send(script.raw(echo_call(stream, "Reply", echo_data("a")).bytes()));
      stream += 2;
      loop.settle();
    }
    assert_int_equal(loop.count(LimitId::ResetBudget), resets - 1);
    loop.finish();
  }
}

// A reset of a call of this age counts as an early one.
bool counts_as_early(lean::Time age, const char* timeout, bool answered = false) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  Block head = echo_head("Chat");
  if (timeout != nullptr) head.literal("grpc-timeout", timeout);
  client->send(FrameScript().headers(1, head));
  if (answered) client->send(FrameScript().data(1, echo_data("a")));
  loop.settle();
  loop.pass(age);
  client->send(FrameScript().rst_stream(1, ErrorCode::Cancel));
  loop.settle();
  assert_int_equal(loop.open_calls(), 0);
  const std::uint64_t count = loop.count(LimitId::EarlyReset);
  loop.finish();
  return count != 0;
}

// A call with a deadline has lived long enough after half of its time, and at least a millisecond.
void test_early_resets_of_calls_with_a_deadline(void**) {
  assert_true(counts_as_early(4'999us, "10m"));
  assert_false(counts_as_early(5'000us, "10m"));
  assert_true(counts_as_early(19'999us, "41m"));
  assert_false(counts_as_early(20'000us, "41m"));
  assert_true(counts_as_early(999us, "1500u"));
  assert_false(counts_as_early(1'000us, "1500u"));
  assert_false(counts_as_early(1'000us, "1m"));
}

// Whoever has got an answer may reset the call, but not in the same turn.
void test_early_resets_of_answered_calls(void**) {
  assert_true(counts_as_early(0us, nullptr, true));
  assert_false(counts_as_early(1us, nullptr, true));
  assert_true(counts_as_early(1us, nullptr, false));
}

// The log has the first hit of a thousand.
void test_the_first_hit_is_logged(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  const std::string log = logged([&] {
    for (std::uint32_t stream = 1; stream < 7; stream += 2)
      client->send(FrameScript().headers(stream, echo_head("Chat")).rst_stream(stream, ErrorCode::Cancel));
    loop.settle();
  });
  assert_int_equal(loop.count(LimitId::EarlyReset), 3);
  const std::size_t first = log.find("event=limit-reached name=early-reset-ms ");
  assert_true(first != std::string::npos);
  assert_true(log.find("event=limit-reached", first + 1) == std::string::npos);
  assert_true(log.find("=1 peer=unix:", first) != std::string::npos);
  loop.finish();
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
      cmocka_unit_test(test_the_longest_header_block_of_a_reply),
      cmocka_unit_test(test_header_frames),
      cmocka_unit_test(test_the_defaults_of_http2),
      cmocka_unit_test(test_early_resets),
      cmocka_unit_test(test_resets_between_answered_calls),
      cmocka_unit_test(test_early_resets_of_calls_with_a_deadline),
      cmocka_unit_test(test_early_resets_of_answered_calls),
      cmocka_unit_test(test_the_first_hit_is_logged),
      cmocka_unit_test(test_messages),
      cmocka_unit_test(test_a_silent_peer_is_not_a_slow_one),
      cmocka_unit_test(test_trailers_of_a_request),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
