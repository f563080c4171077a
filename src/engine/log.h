// Writes one line per event to stderr: `<4>level=warn event=connection-error peer=127.0.0.1:4711 code=PROTOCOL_ERROR`. Each
// line is one write() and needs no heap. Bytes from a peer are escaped and cut, so that a peer cannot forge a log line.
//
// <4> is the priority as journald and syslog read it (sd-daemon(3)); it is omitted on a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/fixed_text.h"

namespace mote::engine {

enum class LogLevel : std::uint8_t { Error, Warn, Info, Debug };

// Discards lines above `level`. The default is Info.
void set_log_level(LogLevel level);
[[nodiscard]] LogLevel log_level();

// Builds one line and writes it when it goes out of scope:
//   LogLine(LogLevel::Info, "ready").field("address", text);
// A line longer than kBytes is cut and ends in "...".
class LogLine {
 public:
  static constexpr std::size_t kBytes = 512;

  LogLine(LogLevel level, std::string_view event);
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
