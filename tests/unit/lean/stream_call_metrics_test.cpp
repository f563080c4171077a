// Which calls the metrics count, with their status and time.
#include <array>

#include "engine/lean/monitor/call_metrics.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;
using rpc::StatusCode;

template <std::size_t kRows>
struct Counted {
  Counted() { loop.core().call_metrics = &calls; }

  // The row of a method of echo.Echo; the last one is that of all others.
  const lean::MethodMetrics& row(std::string_view method) {
    const auto all = calls.rows();
    for (const lean::MethodMetrics& one : all)
      if (one.method != nullptr && one.method_name() == method) return one;
    return all.back();
  }
  std::uint64_t ended(std::string_view method, StatusCode code) {
    return row(method).ended[static_cast<std::size_t>(code)];
  }

  LeanLoop loop;
  std::array<lean::MethodMetrics, kRows> rows;
  lean::CallMetrics calls{loop.core().server.services, rows};
  std::unique_ptr<RawClient> client = loop.connect_ready();
};

void test_calls_are_counted_with_their_end(void**) {
  Counted<16> counted;
  LeanLoop& loop = counted.loop;
  counted.client->send(echo_call(1, "Reply", echo_data("a")));
  counted.client->send(echo_call(3, "ReplyStream", echo_data("a", 2, 1500)));
  counted.client->send(FrameScript().headers(5, echo_head("Chat")).headers(7, echo_head("Collect")));
  loop.settle();
  loop.pass(1500ms);
  assert_int_equal(counted.row("Chat").started, 1);
  assert_int_equal(counted.ended("Chat", StatusCode::Cancelled), 0);
  counted.client->send(FrameScript().rst_stream(5, http2::ErrorCode::Cancel));
  loop.settle();
  counted.client->close();
  loop.settle();
  assert_int_equal(loop.connections(), 0);
  for (const char* method : {"Reply", "ReplyStream", "Chat", "Collect"})
    assert_int_equal(counted.row(method).started, 1);
  for (const char* method : {"Reply", "ReplyStream"})
    assert_int_equal(counted.ended(method, StatusCode::Ok), 1);
  for (const char* method : {"Chat", "Collect"})
    assert_int_equal(counted.ended(method, StatusCode::Cancelled), 1);
  assert_int_equal(counted.row("ReplyStream").total_us, 1'500'000);
  assert_int_equal(counted.row("Reply").total_us, 0);
  assert_int_equal(loop.count(LimitId::MetricsMethods), 0);
  loop.finish();
}

// A request that is not a call is not counted.
void test_calls_without_a_method(void**) {
  Counted<16> counted;
  counted.client->send(echo_call(1, "Nothing", echo_data("a")));
  Block page;
  page.literal(":method", "GET").literal(":scheme", "http").literal(":path", "/");
  counted.client->send(FrameScript().headers(3, page, kEndAll));
  counted.loop.settle();
  assert_true(counted.client->answer(3).ended);
  assert_int_equal(counted.row("none").started, 1);
  assert_int_equal(counted.ended("none", StatusCode::Ok), 0);
  assert_int_equal(counted.ended("none", StatusCode::Unimplemented), 1);
  counted.loop.finish();
}

void test_a_malformed_call(void**) {
  Counted<16> counted;
  counted.client->send(FrameScript().headers(1, echo_head("Reply", {{"x-note", "a\nb"}}), kEndAll));
  counted.loop.settle();
  assert_int_equal(counted.row("Reply").started, 1);
  assert_int_equal(counted.ended("Reply", StatusCode::Internal), 1);
  counted.loop.finish();
}

// Of two rows the last one is for all methods without a row of their own.
void test_more_methods_than_rows(void**) {
  Counted<2> counted;
  std::uint32_t stream = 1;
  for (const char* method : {"Reply", "ReplyStream"}) {
    counted.client->send(echo_call(stream, method, echo_data("a")));
    stream += 2;
  }
  counted.loop.settle();
  assert_int_equal(counted.rows[0].started + counted.rows[1].started, 2);
  assert_int_equal(counted.loop.count(LimitId::MetricsMethods), 1);
  counted.loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_calls_are_counted_with_their_end),
      cmocka_unit_test(test_calls_without_a_method),
      cmocka_unit_test(test_a_malformed_call),
      cmocka_unit_test(test_more_methods_than_rows),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
