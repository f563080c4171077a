#include "gateway/reread.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <type_traits>

#include "gateway/configure.h"

namespace mote::gateway {
namespace {

// A file that cannot be read in time (a dead network share) must not block the gateway longer.
constexpr unsigned kMostSeconds = 3;

static_assert(std::is_trivially_copyable_v<Reread>, "it goes through a pipe");

[[noreturn]] void read_and_report(int pipe, const Program& program, std::span<const char* const> arguments,
                                  const char* const* variables) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::alarm(kMostSeconds);
  const Outcome outcome = configure(program, arguments, variables);
  engine::write_log(outcome.err);
  if (outcome.config) {
    const Reread reread{.limits = outcome.config->limits, .log_level = outcome.config->log_level};
    [[maybe_unused]] const ssize_t written = ::write(pipe, &reread, sizeof(reread));
  }
  ::_exit(0);
}

// Less than PIPE_BUF bytes arrive in one piece.
bool read_whole(int pipe, Reread& out) {
  ssize_t size = 0;
  do {
    size = ::read(pipe, &out, sizeof(out));
  } while (size < 0 && errno == EINTR);
  return size == static_cast<ssize_t>(sizeof(out));
}

}  // namespace

std::optional<Reread> reread_configuration(const Program& program, std::span<const char* const> arguments,
                                           const char* const* variables) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return std::nullopt;
  const pid_t child = ::fork();
  if (child == 0) read_and_report(pipe[1], program, arguments, variables);
  ::close(pipe[1]);
  Reread reread{};
  const bool read = child > 0 && read_whole(pipe[0], reread);
  ::close(pipe[0]);
  if (child > 0) ::waitpid(child, nullptr, 0);
  return read ? std::optional(reread) : std::nullopt;
}

}  // namespace mote::gateway
