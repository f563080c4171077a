#include "engine/lean/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

namespace mote::lean {

namespace {

// Connections taken in one turn: more wait for the next, so that those that are there are served.
constexpr int kAcceptBurst = 16;
constexpr int kBacklog = 128;

void set_option(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof(value));
}

const char* unix_path(const engine::Address& address) {
  return reinterpret_cast<const sockaddr_un*>(address.pointer())->sun_path;
}

}  // namespace

Listener::~Listener() {
  close();
}

const char* Listener::open(const Poller& poller) {
  if (descriptor_ < 0) {
    const char* failed = make_socket();
    if (failed != nullptr) return failed;
  }
  address_.length = sizeof(address_.storage);
  if (::getsockname(descriptor_, address_.pointer(), &address_.length) != 0) return "find out the port of";
  return poller.add(descriptor_, EPOLLIN, *this) ? nullptr : "wait for";
}

const char* Listener::make_socket() {
  descriptor_ = ::socket(address_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0 && address_.every) {
    address_ = engine::every_ipv4(address_);
    descriptor_ = ::socket(address_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }
  if (descriptor_ < 0) return "open a socket for";
  set_option(descriptor_, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address_.family() == AF_INET6) set_option(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, address_.every ? 0 : 1);
  if (address_.family() == AF_UNIX && !prepare_unix_path()) return "listen on";
  if (::bind(descriptor_, address_.pointer(), address_.length) != 0) return "listen on";
  bound_ = true;
  return ::listen(descriptor_, kBacklog) == 0 ? nullptr : "listen on";
}

// A socket file that nobody listens on any more is left over from a crash, and in the way.
bool Listener::prepare_unix_path() const {
  struct stat status {};
  if (::lstat(unix_path(address_), &status) != 0 || !S_ISSOCK(status.st_mode)) return true;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const bool refused = ::connect(probe, address_.pointer(), address_.length) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  if (refused) return ::unlink(unix_path(address_)) == 0;
  errno = EADDRINUSE;
  return false;
}

void Listener::close() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  descriptor_ = -1;
  if (bound_ && address_.family() == AF_UNIX) ::unlink(unix_path(address_));
}

void Listener::resume(const Poller& poller) {
  watch(poller, EPOLLIN);
}

void Listener::watch(const Poller& poller, std::uint32_t events) {
  if (descriptor_ >= 0) poller.change(descriptor_, events, *this);
}

void Listener::on_events(std::uint32_t /*events*/) {
  for (int i = 0; i < kAcceptBurst; ++i) {
    const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) {
      // Without it a reply of two segments waits for the peer's delayed acknowledgement, 40 ms.
      if (address_.family() != AF_UNIX) set_option(accepted, IPPROTO_TCP, TCP_NODELAY, 1);
      acceptor_.accept(accepted);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return acceptor_.pause_accepting();
    }
  }
}

}  // namespace mote::lean
