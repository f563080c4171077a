#include "engine/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "support/cmocka_test.h"
#include "support/logged.h"

namespace {

using namespace mote::engine;
using mote::test::logged;
using mote::test::logged_to;

std::string value_logged(std::string_view value) {
  return logged([value] { LogLine(LogLevel::Error, "e").field("k", value); });
}

void test_a_line(void**) {
  const std::string line = logged(
      [] { LogLine(LogLevel::Warn, "some-event").field("peer", "127.0.0.1:80").field("count", std::uint64_t{42}); });
  assert_string_equal(line.c_str(), "<4>level=warn event=some-event peer=127.0.0.1:80 count=42\n");
}

void test_a_terminal_is_spared_the_priority(void**) {
  const int outside = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_true(outside >= 0);
  assert_int_equal(::grantpt(outside), 0);
  assert_int_equal(::unlockpt(outside), 0);
  std::array<char, 64> name{};
  assert_int_equal(::ptsname_r(outside, name.data(), name.size()), 0);
  const int terminal = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_true(terminal >= 0);
  const std::string line = logged_to(terminal, outside, [] { LogLine(LogLevel::Error, "e"); });
  assert_string_equal(line.c_str(), "level=error event=e\r\n");
}

// "cannot WHAT: errno" is put together while a line is.
void test_errno_survives(void**) {
  logged([] {
    errno = EMFILE;
    LogLine(LogLevel::Error, "e").field("errno", static_cast<std::uint64_t>(errno));
    assert_int_equal(errno, EMFILE);
  });
}

void test_values_of_a_peer_write_no_lines(void**) {
  assert_string_equal(value_logged("a b").c_str(), "<3>level=error event=e k=\"a b\"\n");
  assert_string_equal(value_logged("").c_str(), "<3>level=error event=e k=\"\"\n");
  assert_string_equal(value_logged("a\nlevel=x").c_str(), "<3>level=error event=e k=\"a\\x0alevel=x\"\n");
  assert_string_equal(value_logged("say \"hi\\\"").c_str(), "<3>level=error event=e k=\"say \\x22hi\\x5c\\x22\"\n");
  assert_string_equal(value_logged("\xff\x7f\t").c_str(), "<3>level=error event=e k=\"\\xff\\x7f\\x09\"\n");
  assert_string_equal(value_logged("~!#[]").c_str(), "<3>level=error event=e k=~!#[]\n");
}

void test_long_lines_are_cut(void**) {
  const std::size_t priority = std::string("<3>").size();
  const std::size_t start = std::string("level=error event=e k=").size();
  const std::string fits = value_logged(std::string(LogLine::kBytes - start, 'x'));
  assert_int_equal(fits.size(), priority + LogLine::kBytes + 1);
  assert_true(fits.ends_with("xxx\n"));
  const std::string cut = value_logged(std::string(LogLine::kBytes - start + 1, 'x'));
  assert_int_equal(cut.size(), priority + LogLine::kBytes + 4);
  assert_true(cut.ends_with("xxx...\n"));
  const std::string escaped = value_logged(std::string(100'000, '\n'));
  assert_int_equal(escaped.size(), priority + LogLine::kBytes + 4);
  assert_int_equal(escaped.find('\n'), escaped.size() - 1);
}

void test_levels(void**) {
  const auto all = [] {
    LogLine(LogLevel::Error, "a").field("k", "v").field("n", std::uint64_t{1});
    LogLine(LogLevel::Warn, "b").field("k", "v").field("n", std::uint64_t{1});
    LogLine(LogLevel::Info, "c").field("k", "v").field("n", std::uint64_t{1});
    LogLine(LogLevel::Debug, "d").field("k", "v").field("n", std::uint64_t{1});
  };
  const std::string error = "<3>level=error event=a k=v n=1\n";
  const std::string warn = error + "<4>level=warn event=b k=v n=1\n";
  const std::string info = warn + "<6>level=info event=c k=v n=1\n";
  const std::string debug = info + "<7>level=debug event=d k=v n=1\n";
  assert_string_equal(logged(all).c_str(), info.c_str());
  set_log_level(LogLevel::Debug);
  assert_string_equal(logged(all).c_str(), debug.c_str());
  set_log_level(LogLevel::Warn);
  assert_string_equal(logged(all).c_str(), warn.c_str());
  set_log_level(LogLevel::Error);
  assert_string_equal(logged(all).c_str(), error.c_str());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_line),
      cmocka_unit_test(test_a_terminal_is_spared_the_priority),
      cmocka_unit_test(test_errno_survives),
      cmocka_unit_test(test_values_of_a_peer_write_no_lines),
      cmocka_unit_test(test_long_lines_are_cut),
      cmocka_unit_test(test_levels),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
