#include "engine/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

#include "support/cmocka_test.h"

namespace {

using namespace mote::engine;

// What `act` writes to standard error.
template <class Act>
std::string logged(Act act) {
  std::array<int, 2> ends{};
  assert_int_equal(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  act();
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(ends[1]);
  std::string text(65536, '\0');
  const ssize_t size = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string value_logged(std::string_view value) {
  return logged([value] { LogLine(LogLevel::Error, "e").field("k", value); });
}

void test_a_line(void**) {
  const std::string line = logged(
      [] { LogLine(LogLevel::Warn, "some-event").field("peer", "127.0.0.1:80").field("count", std::uint64_t{42}); });
  assert_string_equal(line.c_str(), "level=warn event=some-event peer=127.0.0.1:80 count=42\n");
}

void test_values_of_a_peer_write_no_lines(void**) {
  assert_string_equal(value_logged("a b").c_str(), "level=error event=e k=\"a b\"\n");
  assert_string_equal(value_logged("").c_str(), "level=error event=e k=\"\"\n");
  assert_string_equal(value_logged("a\nlevel=x").c_str(), "level=error event=e k=\"a\\x0alevel=x\"\n");
  assert_string_equal(value_logged("say \"hi\\\"").c_str(), "level=error event=e k=\"say \\x22hi\\x5c\\x22\"\n");
  assert_string_equal(value_logged("\xff\x7f\t").c_str(), "level=error event=e k=\"\\xff\\x7f\\x09\"\n");
  assert_string_equal(value_logged("~!#[]").c_str(), "level=error event=e k=~!#[]\n");
}

void test_long_lines_are_cut(void**) {
  const std::size_t start = std::string("level=error event=e k=").size();
  const std::string fits = value_logged(std::string(LogLine::kBytes - start, 'x'));
  assert_int_equal(fits.size(), LogLine::kBytes + 1);
  assert_true(fits.ends_with("xxx\n"));
  const std::string cut = value_logged(std::string(LogLine::kBytes - start + 1, 'x'));
  assert_int_equal(cut.size(), LogLine::kBytes + 4);
  assert_true(cut.ends_with("xxx...\n"));
  const std::string escaped = value_logged(std::string(100'000, '\n'));
  assert_int_equal(escaped.size(), LogLine::kBytes + 4);
  assert_int_equal(escaped.find('\n'), escaped.size() - 1);
}

void test_levels(void**) {
  const auto all = [] {
    LogLine(LogLevel::Error, "a").field("k", "v").field("n", std::uint64_t{1});
    LogLine(LogLevel::Warn, "b").field("k", "v").field("n", std::uint64_t{1});
    LogLine(LogLevel::Info, "c").field("k", "v").field("n", std::uint64_t{1});
    LogLine(LogLevel::Debug, "d").field("k", "v").field("n", std::uint64_t{1});
  };
  const std::string error = "level=error event=a k=v n=1\n";
  const std::string warn = error + "level=warn event=b k=v n=1\n";
  const std::string info = warn + "level=info event=c k=v n=1\n";
  const std::string debug = info + "level=debug event=d k=v n=1\n";
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
      cmocka_unit_test(test_values_of_a_peer_write_no_lines),
      cmocka_unit_test(test_long_lines_are_cut),
      cmocka_unit_test(test_levels),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
