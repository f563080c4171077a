#include "gateway/reread.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "gateway/configure.h"

namespace mote::gateway {
namespace {

// A file that cannot be read in time (a dead network share) must not block the gateway longer.
constexpr unsigned kMostSeconds = 3;

static_assert(std::is_trivially_copyable_v<Reread>, "it goes through a pipe");

void write_all(int pipe, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(pipe, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;  // The reader has no room for the rest.
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
}

// Returns whether all bytes have arrived.
bool read_all(int pipe, MutableBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::read(pipe, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
  return true;
}

MutableBytes bytes_of(Reread& reread) {
  return {reinterpret_cast<std::uint8_t*>(&reread), sizeof(reread)};
}

[[noreturn]] void read_and_report(int pipe, const Program& program, std::span<const char* const> arguments,
                                  const char* const* variables) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::alarm(kMostSeconds);
  const Outcome outcome = configure(program, arguments, variables);
  engine::write_log(outcome.err);
  if (!outcome.config) ::_exit(0);
  Reread reread{.limits = outcome.config->limits, .log_level = outcome.config->log_level};
#ifdef MOTE_TLS
  const engine::AccessTexts texts = outcome.config->access.texts();
  reread.access = engine::sizes_of(texts);
  std::vector<std::uint8_t> packed(reread.access.total());
  engine::pack(texts, packed);
  write_all(pipe, bytes_of(reread));
  write_all(pipe, packed);
#else
  write_all(pipe, bytes_of(reread));
#endif
  ::_exit(0);
}

bool read_whole(int pipe, Reread& out, [[maybe_unused]] MutableBytes access) {
  if (!read_all(pipe, bytes_of(out))) return false;
#ifdef MOTE_TLS
  const std::size_t total = out.access.total();
  if (total <= access.size()) return read_all(pipe, access.first(total));
#endif
  return true;
}

}  // namespace

std::optional<Reread> reread_configuration(const Program& program, std::span<const char* const> arguments,
                                           const char* const* variables, MutableBytes access) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return std::nullopt;
  const pid_t child = ::fork();
  if (child == 0) read_and_report(pipe[1], program, arguments, variables);
  ::close(pipe[1]);
  Reread reread{};
  const bool read = child > 0 && read_whole(pipe[0], reread, access);
  ::close(pipe[0]);
  if (child > 0) ::waitpid(child, nullptr, 0);
  return read ? std::optional(reread) : std::nullopt;
}

}  // namespace mote::gateway
