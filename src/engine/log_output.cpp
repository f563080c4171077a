#include "engine/log_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mote::engine {

LogOutput::~LogOutput() {
  if (own_ >= 0) ::close(own_);
}

void LogOutput::open() {
  kind_ = kind_of_stderr();
  if (kind_ != Kind::Pipe && kind_ != Kind::Terminal) return;
  // Fails without /proc, and for a user who may not open what he inherited.
  own_ = ::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool LogOutput::terminal() const {
  return kind() == Kind::Terminal;
}

LogOutput::Kind LogOutput::kind_of_stderr() {
  struct stat status {};
  if (::fstat(STDERR_FILENO, &status) != 0) return Kind::Other;
  if (S_ISSOCK(status.st_mode)) return Kind::Socket;
  if (S_ISFIFO(status.st_mode)) return Kind::Pipe;
  return S_ISCHR(status.st_mode) && ::isatty(STDERR_FILENO) == 1 ? Kind::Terminal : Kind::Other;
}

bool LogOutput::write(std::string_view line) {
  if (torn_) {
    if (!write_bytes("\n")) return false;
    torn_ = false;
  }
  return write_bytes(line);
}

bool LogOutput::write_bytes(std::string_view bytes) {
  const Kind kind = this->kind();
  ssize_t written = -1;
  if (kind == Kind::Socket) {
    written = ::send(STDERR_FILENO, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } else if (own_ >= 0) {
    written = ::write(own_, bytes.data(), bytes.size());
  } else {
    pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    const bool blocks = kind != Kind::Other && (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0);
    if (!blocks) written = ::write(STDERR_FILENO, bytes.data(), bytes.size());
  }
  if (written == static_cast<ssize_t>(bytes.size())) return true;
  torn_ = torn_ || written > 0;
  return false;
}

}  // namespace mote::engine
