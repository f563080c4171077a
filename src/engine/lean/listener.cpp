#include "engine/lean/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "engine/socket_buffers.h"

namespace mote::lean {

namespace {

// Connections accepted in one turn; more wait for the next turn, so that open connections are served.
constexpr int kAcceptBurst = 64;

}  // namespace

const char* Listener::open(const Poller& poller) {
  if (const char* failed = socket_.open(&limits_)) return failed;
  return poller.add(socket_.descriptor(), EPOLLIN, *this) ? nullptr : "wait for";
}

void Listener::resume(const Poller& poller) {
  watch(poller, EPOLLIN);
}

void Listener::watch(const Poller& poller, std::uint32_t events) {
  if (socket_.descriptor() >= 0) poller.change(socket_.descriptor(), events, *this);
}

void Listener::on_events(std::uint32_t /*events*/) {
  const bool waited = std::exchange(waited_, false);
  for (int i = 0; i < kAcceptBurst; ++i) {
    // Other events of this turn may be the ends of connections. They come first; then one connection a turn is accepted.
    if (acceptor_.full() && (i != 0 || !waited)) {
      waited_ = connection_waits();
      return;
    }
    engine::Address peer;
    const int accepted = ::accept4(socket_.descriptor(), peer.pointer(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) {
      take(accepted, peer);
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return acceptor_.pause_accepting();
    }
  }
  if (backlog_full()) acceptor_.on_backlog_full();
}

void Listener::take(int accepted, const engine::Address& peer) {
  // Without it a reply of two segments waits for the peer's delayed acknowledgement, 40 ms.
  const int on = 1;
  if (address().family() != AF_UNIX) ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // A connection that waited before this program started has other sizes. Where the kernel refuses, it keeps them.
  if (socket_.inherited()) (void)engine::set_socket_buffers(accepted, limits_);
  if (engine::usable_upload_windows(limits_) != 0) engine::fix_receive_buffer(accepted);
  acceptor_.accept(accepted, peer, address().tls);
}

bool Listener::connection_waits() const {
  pollfd ready{.fd = socket_.descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&ready, 1, 0) > 0;
}

// For a listening socket, TCP_INFO has the number of connections that wait and the largest number, as the kernel lowered it. A Unix
// socket has none.
bool Listener::backlog_full() const {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(socket_.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  // The kernel keeps one more; the connections of this turn have left the queue.
  return info.tcpi_unacked + kAcceptBurst > info.tcpi_sacked;
}

}  // namespace mote::lean
