// Writes one line per event to stderr: `<4>level=warn event=connection-error peer=127.0.0.1:4711 code=PROTOCOL_ERROR`. Each
// line is one write() and needs no heap. Bytes from a peer are escaped and cut, so that a peer cannot forge a log line.
//
// <4> is the priority as journald and syslog read it (sd-daemon(3)); it is omitted on a terminal.
//
// Logging never blocks (log_output.h) and cannot be flooded (log_rates.h). Lines that are not written are counted, and the
// numbers are logged as soon as possible: `event=log-suppressed name=connection-error lines=120`, `event=log-lost lines=7`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/fixed_text.h"
#include "mote/rpc/call.h"

namespace mote::engine {

enum class LogLevel : std::uint8_t { Error, Warn, Info, Debug };

// Discards lines above `level`. The default is Info.
void set_log_level(LogLevel level);
[[nodiscard]] LogLevel log_level();

// Prepares standard error, so that later lines need no system call but one write. Optional. Ignores SIGPIPE: a reader of the
// log that ends must not end the process.
void open_log();

// Lines per second of each event; the default is Limits::log_rate.
void set_log_rate(std::uint32_t lines_per_second);

// The time from which report_log_gaps() has something to report; rpc::Time::max() if there is nothing.
[[nodiscard]] rpc::Time log_gaps_due();
// Logs how many lines were suppressed or lost.
void report_log_gaps(rpc::Time now);

// Lines that were not written since the start.
struct LogGaps {
  std::uint64_t suppressed = 0;  // log-rate was reached.
  std::uint64_t lost = 0;        // Standard error took no more.
};
[[nodiscard]] LogGaps log_gaps();

// Writes finished lines as they are, each ended by '\n'. They are lost where standard error would block.
void write_log(std::string_view lines);

// Operator: lines that the operator or the start causes, which no peer can multiply.
enum class LogRate : std::uint8_t { Limited, Operator };

// Builds one line and writes it when it goes out of scope:
//   LogLine(LogLevel::Info, "ready").field("address", text);
// A line longer than kBytes is cut and ends in "...".
class LogLine {
 public:
  static constexpr std::size_t kBytes = 512;

  // `event` is a string literal.
  LogLine(LogLevel level, std::string_view event, LogRate rate = LogRate::Limited);
  ~LogLine();
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  LogLine& field(std::string_view key, std::string_view value);
  LogLine& field(std::string_view key, std::uint64_t value);

 private:
  void add_value(std::string_view value);

  FixedText<kBytes> line_;
  LogLevel level_;
  bool wanted_;
};

}  // namespace mote::engine
