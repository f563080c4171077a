// The common part of all floors: a listener and connections on one epoll, one thread, one buffer. The minimum of a server.
//
//   int main(int argc, char** argv) { return mote::bench::serve<Session>(argc, argv); }
//
// Accepts "--listen 127.0.0.1:PORT" and prints "floor: ready on 127.0.0.1:PORT" on stderr. SIGTERM ends it. A Session is the
// state of one connection; answer() processes received bytes and returns what to send. One that has room() receives into that.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

namespace mote::bench {

// As large as the gateway's buffers, for the comparison of large messages.
inline constexpr std::size_t kBufferBytes = std::size_t{32} * 1024;

// The memory of all connections. A page becomes resident when a descriptor in it is first used.
inline constexpr std::size_t kMostDescriptors = 20'000;

inline int listen_on_loopback(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, generic, size) != 0 || ::listen(listener, 1024) != 0 ||
      ::getsockname(listener, generic, &size) != 0) {
    std::perror("floor");
    std::exit(1);
  }
  std::fprintf(stderr, "floor: ready on 127.0.0.1:%d\n", ntohs(address.sin_port));
  return listener;
}

// A peer that does not read blocks all others; the clients of the benchmark read.
inline bool send_all(int descriptor, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd writable{descriptor, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else {
      return false;
    }
  }
  return true;
}

template <class Session>
class EpollServer {
 public:
  explicit EpollServer(std::uint16_t port)
      : poller_(::epoll_create1(EPOLL_CLOEXEC)), listener_(listen_on_loopback(port)) {
    watch(listener_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 64> events{};
    for (;;) {
      const int count = ::epoll_wait(poller_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int descriptor = events.at(static_cast<std::size_t>(i)).data.fd;
        if (descriptor == listener_) {
          accept_all();
        } else {
          serve(descriptor);
        }
      }
    }
  }

 private:
  void watch(int descriptor) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    ::epoll_ctl(poller_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void accept_all() {
    for (;;) {
      const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted < 0) return;
      const int on = 1;
      ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      std::construct_at(&session(accepted));
      watch(accepted);
    }
  }

  Session& session(int descriptor) { return sessions_[static_cast<std::size_t>(descriptor)]; }

  void serve(int descriptor) {
    const std::span<std::uint8_t> in = room_of(session(descriptor));
    const ssize_t size = ::recv(descriptor, in.data(), in.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    const bool going =
        size > 0 && send_all(descriptor, session(descriptor).answer(in.first(static_cast<std::size_t>(size))));
    if (going) return;
    ::close(descriptor);
    std::destroy_at(&session(descriptor));
  }

  std::span<std::uint8_t> room_of(Session& session) {
    if constexpr (requires { session.room(); }) return session.room();
    return in_;
  }

  int poller_;
  int listener_;
  std::array<std::uint8_t, kBufferBytes> in_{};
  // The process ends before it frees them.
  std::span<Session> sessions_{std::allocator<Session>().allocate(kMostDescriptors), kMostDescriptors};
};

template <class Session>
int serve(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  const std::string_view address = arguments.size() == 3 ? arguments[2] : "";
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) {
    std::fputs("usage: --listen 127.0.0.1:PORT\n", stderr);
    return 2;
  }
  std::signal(SIGTERM, [](int) { ::_exit(0); });
  const auto port = static_cast<std::uint16_t>(std::strtoul(address.substr(colon + 1).data(), nullptr, 10));
  static EpollServer<Session> server(port);
  server.run();
}

}  // namespace mote::bench
