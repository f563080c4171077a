#include "engine/log.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "engine/clock.h"
#include "engine/limits.h"
#include "engine/log_output.h"
#include "engine/log_rates.h"

namespace mote::engine {
namespace {

constexpr std::string_view kCut = "...\n";
constexpr std::size_t kPriorityBytes = 3;

LogLevel least_important = LogLevel::Info;
LogOutput output;
LogRates rates(Limits{}.log_rate);
std::uint64_t lost_lines = 0;
std::uint64_t lost_unreported = 0;
// A log that does not take the number of lost lines now is tried again after this time.
constexpr rpc::Time kRetry = std::chrono::seconds(1);
rpc::Time retry_at = rpc::Time::max();

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::Error:
      return "error";
    case LogLevel::Warn:
      return "warn";
    case LogLevel::Info:
      return "info";
    case LogLevel::Debug:
      return "debug";
  }
  return "?";
}

// The priorities of syslog(3).
std::string_view priority(LogLevel level) {
  switch (level) {
    case LogLevel::Error:
      return "<3>";
    case LogLevel::Warn:
      return "<4>";
    case LogLevel::Info:
      return "<6>";
    case LogLevel::Debug:
      return "<7>";
  }
  return "<3>";
}

bool plain(char c) {
  return c > ' ' && c <= '~' && c != '"' && c != '\\';
}

using Line = FixedText<kPriorityBytes + LogLine::kBytes + kCut.size()>;

Line whole_line(LogLevel level, std::string_view text, bool cut) {
  Line line;
  if (!output.terminal()) line.add(priority(level));
  line.add(text).add(cut ? kCut : "\n");
  return line;
}

// Reports the lines that were lost before; lines of the log stay in order.
bool write_lost() {
  if (lost_unreported == 0) return true;
  FixedText<LogLine::kBytes> text;
  text.add("level=warn event=log-lost lines=").add(lost_unreported);
  if (!output.write(whole_line(LogLevel::Warn, text.view(), false).view())) return false;
  lost_unreported = 0;
  retry_at = rpc::Time::max();
  return true;
}

void write(std::string_view line) {
  if (write_lost() && output.write(line)) return;
  ++lost_lines;
  ++lost_unreported;
  if (retry_at == rpc::Time::max()) retry_at = steady_clock() + kRetry;
}

// NOLINTBEGIN(misc-no-recursion): a line with LogRate::Operator does not ask for admission
void report_suppressed(rpc::Time now) {
  rates.report(now, [](std::string_view event, std::uint64_t lines) {
    LogLine(LogLevel::Warn, "log-suppressed", LogRate::Operator).field("name", event).field("lines", lines);
  });
}

bool admitted(std::string_view event) {
  const rpc::Time now = steady_clock();
  report_suppressed(now);
  return rates.admit(event, now);
}
// NOLINTEND(misc-no-recursion)

}  // namespace

void set_log_level(LogLevel level) {
  least_important = level;
}

void open_log() {
  std::signal(SIGPIPE, SIG_IGN);
  output.open();
}

void set_log_rate(std::uint32_t lines_per_second) {
  rates.set(lines_per_second);
}

rpc::Time log_gaps_due() {
  return std::min(rates.due(), retry_at);
}

void report_log_gaps(rpc::Time now) {
  report_suppressed(now);
  if (now >= retry_at && !write_lost()) retry_at = now + kRetry;
}

LogGaps log_gaps() {
  return {.suppressed = rates.suppressed(), .lost = lost_lines};
}

void write_log(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    write(lines.substr(0, end));
    lines.remove_prefix(end);
  }
}

LogLevel log_level() {
  return least_important;
}

// NOLINTNEXTLINE(misc-no-recursion): see report_suppressed()
LogLine::LogLine(LogLevel level, std::string_view event, LogRate rate)
    : level_(level), wanted_(level <= least_important && (rate == LogRate::Operator || admitted(event))) {
  if (!wanted_) return;
  line_.add("level=").add(name(level)).add(" event=").add(event);
}

LogLine::~LogLine() {
  if (!wanted_) return;
  const int before = errno;
  write(whole_line(level_, line_.view(), line_.truncated()).view());
  errno = before;
}

LogLine& LogLine::field(std::string_view key, std::string_view value) {
  if (!wanted_) return *this;
  line_.add(" ").add(key).add("=");
  add_value(value);
  return *this;
}

LogLine& LogLine::field(std::string_view key, std::uint64_t value) {
  if (wanted_) line_.add(" ").add(key).add("=").add(value);
  return *this;
}

// Without quotes if every byte is plain; otherwise quoted, with \xNN for other bytes.
void LogLine::add_value(std::string_view value) {
  if (!value.empty() && std::ranges::all_of(value, plain)) {
    line_.add(value);
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  line_.add("\"");
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain(c) || c == ' ') {
      line_.add({&c, 1});
    } else {
      const std::array<char, 4> escaped = {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xfU]};
      line_.add({escaped.data(), escaped.size()});
    }
  }
  line_.add("\"");
}

}  // namespace mote::engine
