// That it is XML, and what it looks like, is for tests/e2e/device_test.py, which has a parser.
#include "mote-device/plot.h"

#include <memory>
#include <string>

#include "support/captured.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote::tool;

std::string plot(const Options& options, const Tally& tally) {
  return mote::test::captured([&](std::FILE* out) { put_plot(options, tally, out); });
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

void test_a_dot_for_each_call(void**) {
  const auto tally = std::make_unique<Tally>();
  for (std::uint64_t i = 0; i < 20; ++i)
    tally->add(Answer{.at_us = i * 1'000'000, .took_us = 300 + i, .text = {}, .timing = {}});
  tally->add(Failure{.at_us = 20'000'000, .status = MOTE_UNAVAILABLE, .detail = {}});
  tally->elapsed_us = 20'500'000;
  Options options;
  options.target_text = "<gateway>";
  const std::string text = plot(options, *tally);
  assert_int_equal(count(text, "<circle"), 20);
  assert_int_equal(count(text, "<path class=\"failed\""), 1);
  assert_int_equal(count(text, "stroke-dasharray"), 2);
  assert_true(text.find("echo.Echo/Reply at &lt;gateway&gt;</text>") != std::string::npos);
  assert_true(text.find("1 failed (4.8 % loss)") != std::string::npos);
  assert_true(text.find("prefers-color-scheme: dark") != std::string::npos);
}

// Many calls in one stretch of time are one line and one dot.
void test_long_runs_stay_small(void**) {
  const auto tally = std::make_unique<Tally>();
  for (std::uint64_t i = 0; i < 100'000; ++i)
    tally->add(Answer{.at_us = i * 10'000, .took_us = 100 + i * i % 977, .text = {}, .timing = {}});
  tally->elapsed_us = 1'000'000'000;
  const std::string text = plot(Options{}, *tally);
  assert_true(count(text, "<circle") <= Series::kSlots);
  assert_true(count(text, "class=\"range\"") > Series::kSlots / 2 - 50);
  assert_true(text.size() < 300'000);
  assert_true(text.find("minutes of the run") != std::string::npos);
}

void test_nothing_answered(void**) {
  const auto tally = std::make_unique<Tally>();
  const std::string empty = plot(Options{}, *tally);
  assert_true(empty.ends_with("</svg>\n"));
  tally->add(Failure{.status = MOTE_UNAVAILABLE, .detail = {}});
  const std::string failed = plot(Options{}, *tally);
  assert_int_equal(count(failed, "<circle"), 0);
  assert_true(failed.find("nan") == std::string::npos && failed.find("inf") == std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_dot_for_each_call),
      cmocka_unit_test(test_long_runs_stay_small),
      cmocka_unit_test(test_nothing_answered),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
