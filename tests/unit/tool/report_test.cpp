#include "mote-device/report.h"

#include <memory>
#include <string>

#include "support/captured.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote::tool;
using mote::test::captured;

struct Written {
  std::string out;
  std::string errors;
};

// An answer, a failure, a summary of Collect and the end.
Written written(Format format) {
  Options options;
  options.format = format;
  Written text;
  text.out = captured([&](std::FILE* out) {
    text.errors = captured([&](std::FILE* errors) {
      const Screen screen = {.out = out, .errors = errors};
      const auto report = std::make_unique<Report>(options, screen, "peer");
      ReceivedMetadata none;
      report->begin();
      report->answer({.number = 1, .took_us = 5, .text = "You said: a", .timing = {}}, none);
      report->failure({.number = 2, .status = MOTE_INTERNAL, .detail = "bad"}, none);
      report->collected({.took_us = 5, .sent = 3, .messages = 3, .bytes = 3}, none);
      report->lost(2, MOTE_UNAVAILABLE);
      report->stream_ended(none);
      none.add("x-a", "b", true);
      report->stream_ended(none);
      assert_int_equal(report->tally().answered, 4);
      assert_int_equal(report->tally().failed, 3);
      report->end(1'000'000);
    });
  });
  return text;
}

void test_lines(void**) {
  const Written text = written(Format::Lines);
  for (const char* part :
       {"call=1 time=", "call=2 INTERNAL", "counted 3 of 3", "    trailing x-a: b\n", "7 calls, 4 answered"})
    assert_true(text.out.find(part) != std::string::npos);
  assert_string_equal(text.errors.c_str(), "");
}

void test_quiet(void**) {
  const Written text = written(Format::Quiet);
  assert_true(text.out.starts_with("--- echo.Echo/Reply at"));
  assert_true(text.out.find("call=") == std::string::npos);
}

void test_json(void**) {
  const Written text = written(Format::Json);
  for (std::size_t from = 0, end = text.out.find('\n'); end != std::string::npos;
       from = end + 1, end = text.out.find('\n', from))
    assert_true(text.out[from] == '{' && text.out[end - 1] == '}');
  for (const char* type : {"answer", "failure", "collected", "end", "summary"})
    assert_true(text.out.find("{\"type\":\"" + std::string(type) + "\"") != std::string::npos);
}

void test_text(void**) {
  const Written text = written(Format::Text);
  assert_true(text.out.starts_with("You said: a\npeer counted 3 of 3"));
  assert_string_equal(text.errors.c_str(), "mote-device: 127.0.0.1:50051: INTERNAL: bad\n");
}

// Of a reply that answers no request of ours only the way back is known, and not before there is an estimate.
void test_timing(void**) {
  const Options options;
  const Screen screen;
  const auto report = std::make_unique<Report>(options, screen, "peer");
  const CallTimes times = {.sent = 0, .gateway_received = 110, .gateway_sent = 120, .answered = 30};
  assert_false(report->timing(times, false).known);
  const Timing whole = report->timing(times, true);
  assert_true(whole.known && whole.complete);
  assert_int_equal(whole.ways.there, 10);
  assert_int_equal(whole.ways.back, 10);
  const Timing part =
      report->timing({.sent = 0, .gateway_received = 110, .gateway_sent = 1120, .answered = 1040}, false);
  assert_true(part.known && !part.complete);
  assert_int_equal(part.ways.back, 20);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_lines), cmocka_unit_test(test_quiet),  cmocka_unit_test(test_json),
      cmocka_unit_test(test_text),  cmocka_unit_test(test_timing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
