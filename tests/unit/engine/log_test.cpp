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

constexpr std::uint32_t kManyLines = 1000;

std::string value_logged(std::string_view value) {
  return logged([value] { LogLine(LogLevel::Error, "e").field("k", value); });
}

void test_a_line(void**) {
  const std::string line = logged(
      [] { LogLine(LogLevel::Warn, "some-event").field("peer", "127.0.0.1:80").field("count", std::uint64_t{42}); });
  assert_string_equal(line.c_str(), "<4>level=warn event=some-event peer=127.0.0.1:80 count=42\n");
}

void test_a_terminal_gets_no_priority(void**) {
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

// A peer floods the log: the lines of its event are cut to the rate and counted, other events are logged as ever.
void test_a_flood_is_cut_to_the_rate(void**) {
  set_log_rate(2);
  const std::uint64_t before = log_gaps().suppressed;
  const std::string flood = logged([before] {
    while (log_gaps().suppressed < before + 5)
      LogLine(LogLevel::Warn, "flood");
    { const LogLine other(LogLevel::Warn, "other"); }
    LogLine(LogLevel::Warn, "flood", LogRate::Operator);
  });
  assert_true(flood.find("event=other\n") != std::string::npos);
  assert_true(flood.ends_with("event=flood\n"));
  assert_true(log_gaps_due() != mote::rpc::Time::max());
  const std::string report = logged([] { report_log_gaps(log_gaps_due()); });
  assert_true(report.starts_with("<4>level=warn event=log-suppressed name=flood lines="));
  assert_true(log_gaps_due() == mote::rpc::Time::max());
  set_log_rate(kManyLines);
}

// Nobody reads standard error: the lines are lost, and their number is logged as soon as there is room.
void test_a_full_pipe_loses_lines_and_says_so(void**) {
  std::array<int, 2> ends{};
  assert_int_equal(::pipe2(ends.data(), O_CLOEXEC), 0);
  const std::string filler(65536, 'x');
  assert_int_equal(::fcntl(ends[1], F_SETPIPE_SZ, 65536), 65536);
  assert_int_equal(::write(ends[1], filler.data(), filler.size()), filler.size());
  const std::uint64_t before = log_gaps().lost;
  const std::string log = logged_to(ends[1], ends[0], [&] {
    for (int i = 0; i < 3; ++i)
      LogLine(LogLevel::Warn, "e").field("n", std::uint64_t{1});
    assert_int_equal(log_gaps().lost, before + 3);
    assert_true(log_gaps_due() != mote::rpc::Time::max());
    std::string read(filler.size(), '\0');
    assert_int_equal(::read(ends[0], read.data(), read.size()), read.size());
    LogLine(LogLevel::Warn, "e").field("n", std::uint64_t{2});
  });
  assert_string_equal(log.c_str(), "<4>level=warn event=log-lost lines=3\n<4>level=warn event=e n=2\n");
  assert_true(log_gaps_due() == mote::rpc::Time::max());
}

// Without another line of the log, report_log_gaps() tries.
void test_lost_lines_are_reported_without_a_new_line(void**) {
  const int before = ::dup(STDERR_FILENO);
  ::close(STDERR_FILENO);
  { const LogLine line(LogLevel::Warn, "e"); }
  const mote::rpc::Time due = log_gaps_due();
  report_log_gaps(due);  // It fails again, and is due later.
  const mote::rpc::Time later = log_gaps_due();
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  assert_true(later > due && later != mote::rpc::Time::max());
  const std::string report = logged([later] { report_log_gaps(later); });
  assert_string_equal(report.c_str(), "<4>level=warn event=log-lost lines=1\n");
}

void test_finished_lines(void**) {
  assert_string_equal(logged([] { write_log("a: b\nc: d\n"); }).c_str(), "a: b\nc: d\n");
  assert_string_equal(logged([] { write_log(""); }).c_str(), "");
}

}  // namespace

int main() {
  set_log_rate(kManyLines);
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_line),
      cmocka_unit_test(test_a_terminal_gets_no_priority),
      cmocka_unit_test(test_errno_survives),
      cmocka_unit_test(test_values_of_a_peer_write_no_lines),
      cmocka_unit_test(test_long_lines_are_cut),
      cmocka_unit_test(test_a_flood_is_cut_to_the_rate),
      cmocka_unit_test(test_a_full_pipe_loses_lines_and_says_so),
      cmocka_unit_test(test_lost_lines_are_reported_without_a_new_line),
      cmocka_unit_test(test_finished_lines),
      cmocka_unit_test(test_levels),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
