#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "mote/port_posix.h"
#include "resolve.h"

namespace {

using mote::posix::SocketAddress;

// The interval for checking `stop`, because a signal just before a wait does not interrupt it.
constexpr int kStopMs = 100;

mote_posix& of(void* context) {
  return *static_cast<mote_posix*>(context);
}

std::uint32_t now_ms(void* /*context*/) {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint32_t>(std::uint64_t(time.tv_sec) * 1000 + std::uint64_t(time.tv_nsec) / 1'000'000);
}

int left_ms(std::uint32_t deadline_ms) {
  return std::max(mote_left_ms(now_ms(nullptr), deadline_ms), 0);
}

bool stopped(const mote_posix& posix) {
  return posix.stop != nullptr && *posix.stop != 0;
}

void set_reason(mote_posix& posix, const char* reason) {
  std::snprintf(posix.reason, sizeof(posix.reason), "%s", reason);
}

void disconnect(void* context) {
  mote_posix& posix = of(context);
  if (posix.descriptor >= 0) ::close(posix.descriptor);
  posix.descriptor = -1;
}

// Waits until the socket is ready or has failed. False: the deadline has passed, or `stop` is set.
bool wait_for(const mote_posix& posix, short events, std::uint32_t deadline_ms) {
  while (!stopped(posix)) {
    pollfd ready = {.fd = posix.descriptor, .events = events, .revents = 0};
    const int left = left_ms(deadline_ms);
    if (::poll(&ready, 1, posix.stop == nullptr ? left : std::min(left, kStopMs)) > 0) return true;
    if (left == 0) return false;
  }
  return false;
}

// The result of a connect() in progress.
int outcome_of_connect(const mote_posix& posix, std::uint32_t deadline_ms) {
  if (!wait_for(posix, POLLOUT, deadline_ms)) return stopped(posix) ? EINTR : ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof(error);
  ::getsockopt(posix.descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

bool connect_to(mote_posix& posix, const SocketAddress& address, std::uint32_t deadline_ms) {
  const int family = address.storage.ss_family;
  posix.descriptor = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int error = posix.descriptor < 0 ? errno : 0;
  if (error == 0 && ::connect(posix.descriptor, address.pointer(), address.length) != 0) error = errno;
  // A Unix socket returns EAGAIN if the server's queue is full.
  if (error == EINPROGRESS || error == EINTR) error = outcome_of_connect(posix, deadline_ms);
  if (error != 0) {
    set_reason(posix, std::strerror(error));
    disconnect(&posix);
    return false;
  }
  if (family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(posix.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  return true;
}

void remember_peer(mote_posix& posix, const SocketAddress& address) {
  char host[48] = "";
  char service[8] = "";
  if (::getnameinfo(address.pointer(), address.length, host, sizeof(host), service, sizeof(service),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return;
  const bool six = address.storage.ss_family == AF_INET6;
  std::snprintf(posix.peer, sizeof(posix.peer), six ? "[%s]:%s" : "%s:%s", host, service);
}

bool connect_tcp(mote_posix& posix, std::uint32_t deadline_ms) {
  const mote::posix::Resolved resolved =
      mote::posix::resolve(posix.host, posix.service, left_ms(deadline_ms), posix.stop);
  if (resolved.count == 0) set_reason(posix, resolved.reason);
  for (std::size_t i = 0; i < resolved.count; ++i) {
    const auto untried = static_cast<std::uint32_t>(resolved.count - i);
    const std::uint32_t share = static_cast<std::uint32_t>(left_ms(deadline_ms)) / untried;
    if (!connect_to(posix, resolved.addresses[i], now_ms(nullptr) + share)) continue;
    remember_peer(posix, resolved.addresses[i]);
    return true;
  }
  return false;
}

bool connect_unix(mote_posix& posix, std::uint32_t deadline_ms) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (std::strlen(posix.path) >= sizeof(name.sun_path)) {
    set_reason(posix, std::strerror(ENAMETOOLONG));
    return false;
  }
  std::strncpy(name.sun_path, posix.path, sizeof(name.sun_path) - 1);
  SocketAddress address;
  std::memcpy(&address.storage, &name, sizeof(name));
  address.length = sizeof(name);
  if (!connect_to(posix, address, deadline_ms)) return false;
  std::snprintf(posix.peer, sizeof(posix.peer), "unix");
  return true;
}

bool connect(void* context, std::uint32_t deadline_ms) {
  mote_posix& posix = of(context);
  disconnect(context);
  posix.reason[0] = '\0';
  return posix.host != nullptr ? connect_tcp(posix, deadline_ms) : connect_unix(posix, deadline_ms);
}

bool again(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

bool write(void* context, const std::uint8_t* bytes, std::size_t size, std::uint32_t deadline_ms) {
  mote_posix& posix = of(context);
  std::span<const std::uint8_t> rest(bytes, size);
  while (!rest.empty()) {
    const ssize_t sent = ::send(posix.descriptor, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      rest = rest.subspan(static_cast<std::size_t>(sent));
    } else if (!again(errno)) {
      set_reason(posix, std::strerror(errno));
      return false;
    } else if (!wait_for(posix, POLLOUT, deadline_ms)) {
      set_reason(posix, "the server does not read");
      return false;
    }
  }
  return true;
}

int read(void* context, std::uint8_t* into, std::size_t room, std::uint32_t deadline_ms) {
  constexpr std::size_t kMost = 1U << 30U;
  mote_posix& posix = of(context);
  if (posix.descriptor < 0) return MOTE_PORT_CLOSED;
  // Waiting first avoids a call that mostly returns no data.
  const bool ready = left_ms(deadline_ms) == 0 || wait_for(posix, POLLIN, deadline_ms);
  if (stopped(posix)) return MOTE_PORT_CLOSED;
  if (!ready) return 0;
  const ssize_t size = ::recv(posix.descriptor, into, std::min(room, kMost), 0);
  if (size > 0) return static_cast<int>(size);
  if (size < 0 && again(errno)) return 0;
  set_reason(posix, size == 0 ? "the server closed the connection" : std::strerror(errno));
  return MOTE_PORT_CLOSED;
}

bool entropy(void* /*context*/, std::uint8_t* into, std::size_t size) {
  std::span<std::uint8_t> rest(into, size);
  while (!rest.empty()) {
    const ssize_t filled = ::getrandom(rest.data(), rest.size(), 0);
    if (filled < 0 && errno == EINTR) continue;
    if (filled <= 0) return false;
    rest = rest.subspan(static_cast<std::size_t>(filled));
  }
  return true;
}

void init(mote_posix* posix, const char* host, const char* service, const char* path) {
  *posix = {};
  posix->host = host;
  posix->service = service;
  posix->path = path;
  posix->descriptor = -1;
}

}  // namespace

void mote_posix_tcp(mote_posix* posix, const char* host, const char* service) {
  init(posix, host, service, nullptr);
}

void mote_posix_unix(mote_posix* posix, const char* path) {
  init(posix, nullptr, nullptr, path);
}

mote_port mote_posix_port(mote_posix* posix) {
  return {.context = posix,
          .connect = connect,
          .disconnect = disconnect,
          .write = write,
          .read = read,
          .now_ms = now_ms,
          .entropy = entropy};
}
