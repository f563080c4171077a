// Writes to standard error without ever waiting for its reader. What is behind it decides how:
//
//   socket (journald)          send() with MSG_DONTWAIT
//   pipe, terminal             write() through an open file description of our own with O_NONBLOCK; where there is none,
//                              poll() first: a pipe that is writable takes PIPE_BUF bytes at once
//   file, /dev/null            write()
//
// O_NONBLOCK is never set on the description that other processes may share.
#pragma once

#include <cstdint>
#include <string_view>

namespace mote::engine {

class LogOutput {
 public:
  LogOutput() = default;
  ~LogOutput();
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  // Optional: finds out what is behind standard error and opens the own description. Without it each write() finds out, and
  // a pipe or terminal that another process fills at the same time may block it.
  void open();

  // Writes a line of less than PIPE_BUF bytes. False: it could not be written now, or only its beginning. The next line then
  // starts on a line of its own.
  bool write(std::string_view line);

  [[nodiscard]] bool terminal() const;

 private:
  enum class Kind : std::uint8_t { Unknown, Socket, Pipe, Terminal, Other };
  static Kind kind_of_stderr();
  [[nodiscard]] Kind kind() const { return kind_ == Kind::Unknown ? kind_of_stderr() : kind_; }
  bool write_bytes(std::string_view bytes);

  int own_ = -1;
  Kind kind_ = Kind::Unknown;
  bool torn_ = false;  // The last line was written in part.
};

}  // namespace mote::engine
