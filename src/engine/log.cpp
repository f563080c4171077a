#include "engine/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace mote::engine {
namespace {

constexpr std::string_view kCut = "...\n";
constexpr std::size_t kPriorityBytes = 3;

LogLevel least_important = LogLevel::Info;

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

}  // namespace

void set_log_level(LogLevel level) {
  least_important = level;
}

LogLevel log_level() {
  return least_important;
}

LogLine::LogLine(LogLevel level, std::string_view event) : level_(level), wanted_(level <= least_important) {
  if (!wanted_) return;
  line_.add("level=").add(name(level)).add(" event=").add(event);
}

LogLine::~LogLine() {
  if (!wanted_) return;
  const int before = errno;
  FixedText<kPriorityBytes + kBytes + kCut.size()> whole;
  if (::isatty(STDERR_FILENO) == 0) whole.add(priority(level_));
  whole.add(line_.view()).add(line_.truncated() ? kCut : "\n");
  // A log that cannot be written must not stop the server.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, whole.view().data(), whole.view().size());
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

// Bare where every byte is plain; else quoted, with \xNN for whatever is not.
void LogLine::add_value(std::string_view value) {
  if (!value.empty() && std::all_of(value.begin(), value.end(), plain)) {
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
