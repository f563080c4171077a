#include "mote-device/progress.h"

#include <memory>
#include <string>

#include "support/captured.h"
#include "support/cmocka_test.h"
#include "support/logged.h"

namespace {

using mote::tool::Options;
using mote::tool::Progress;
using mote::tool::Tally;

void test_line(void**) {
  const Options options;
  const auto tally = std::make_unique<Tally>();
  tally->add(mote::tool::Answer{.took_us = 412, .text = {}, .timing = {}});
  const std::string shown = mote::test::captured([&](std::FILE* out) {
    Progress progress(out);
    progress.show(options, *tally, 2, 1'000'000);
    progress.erase();
    progress.erase();
  });
  assert_string_equal(shown.c_str(), "3 of 5, 0 failed, median 0.412 ms\r\x1b[K");
}

void test_ten_a_second(void**) {
  Options options;
  options.count = 0;
  const auto tally = std::make_unique<Tally>();
  const std::string shown = mote::test::captured([&](std::FILE* out) {
    Progress progress(out);
    for (std::uint64_t now = 0; now < 1'000'000; now += 1000)
      progress.show(options, *tally, 0, now);
  });
  std::size_t lines = 0;
  for (std::size_t at = shown.find("0, 0 failed"); at != std::string::npos; at = shown.find("0, 0 failed", at + 1))
    ++lines;
  assert_int_equal(lines, 10);
}

void test_no_terminal(void**) {
  const Options options;
  const auto tally = std::make_unique<Tally>();
  const std::string shown = mote::test::logged([&] {
    Progress progress(nullptr);
    progress.show(options, *tally, 0, 1'000'000);
    progress.erase();
  });
  assert_string_equal(shown.c_str(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_line),
      cmocka_unit_test(test_ten_a_second),
      cmocka_unit_test(test_no_terminal),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
