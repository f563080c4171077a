#include "resolve.h"

#include <netdb.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "wait_readable.h"

namespace mote::posix {
namespace {

// The answer of the child: an error of getaddrinfo(), or addresses. It fits into one atomic write to a pipe.
struct Answer {
  int error = 0;
  std::size_t count = 0;
  std::array<SocketAddress, Resolved::kMost> addresses;
};
static_assert(sizeof(Answer) <= 4096);

int look_up(const char* host, const char* service, int flags, Answer& answer) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host, service, &hints, &list);
  if (error != 0) return error;
  for (const addrinfo* each = list; each != nullptr && answer.count < answer.addresses.size(); each = each->ai_next) {
    SocketAddress& address = answer.addresses[answer.count++];
    address.length = std::min(each->ai_addrlen, static_cast<socklen_t>(sizeof(address.storage)));
    std::memcpy(&address.storage, each->ai_addr, address.length);
  }
  ::freeaddrinfo(list);
  return 0;
}

[[noreturn]] void answer_as_child(const char* host, const char* service, int pipe) {
  // Ignore signals to the process group of the terminal: the parent handles them and kills this child.
  std::signal(SIGINT, SIG_DFL);
  Answer answer;
  answer.error = look_up(host, service, 0, answer);
  const ssize_t written = ::write(pipe, &answer, sizeof(answer));
  ::_exit(written == static_cast<ssize_t>(sizeof(answer)) ? 0 : 1);
}

Resolved resolved(const Answer& answer) {
  Resolved result;
  if (answer.error != 0) {
    result.reason = ::gai_strerror(answer.error);
    return result;
  }
  result.addresses = answer.addresses;
  result.count = answer.count;
  return result;
}

Resolved failed(const char* reason) {
  Resolved result;
  result.reason = reason;
  return result;
}

Resolved resolve_in_child(const char* host, const char* service, int timeout_ms,
                          const volatile std::sig_atomic_t* stop) {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) return failed("cannot make a pipe for name resolution");
  const auto [reading, writing] = ends;
  const pid_t child = ::fork();
  if (child == 0) answer_as_child(host, service, writing);
  ::close(writing);
  Answer answer;
  const bool came = child > 0 && wait_readable(reading, static_cast<std::uint32_t>(std::max(timeout_ms, 0)), {stop}) &&
                    ::read(reading, &answer, sizeof(answer)) == static_cast<ssize_t>(sizeof(answer));
  ::close(reading);
  if (child > 0) {
    ::kill(child, SIGKILL);
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  return came ? resolved(answer) : failed("the name was not resolved in time");
}

}  // namespace

Resolved resolve(const char* host, const char* service, int timeout_ms, const volatile std::sig_atomic_t* stop) {
  Answer numeric;
  if (look_up(host, service, AI_NUMERICHOST, numeric) == 0) return resolved(numeric);
  return resolve_in_child(host, service, timeout_ms, stop);
}

}  // namespace mote::posix
