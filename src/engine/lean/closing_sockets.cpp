#include "engine/lean/closing_sockets.h"

#include <sys/epoll.h>

#include <algorithm>
#include <new>
#include <utility>

#include "engine/lean/connection_deadlines.h"
#include "engine/lean/core.h"
#include "engine/socket_buffers.h"

namespace mote::lean {

void ClosingSocket::open(Core& core, SocketStream& socket) {
  core_ = &core;
  socket_.emplace(std::move(socket));
  socket_->shut_down();
  core.timers.arm(*this, core.now + kLinger);
}

void ClosingSocket::close() {
  if (!used()) return;
  core_->timers.disarm(*this);
  engine::discard_unsent(socket_->descriptor());
  socket_.reset();
}

// An event may be one of the socket that had this place before.
void ClosingSocket::on_events(std::uint32_t /*events*/) {
  if (used() && socket_->read(core_->receive_buffer).io == Io::Closed) close();
}

ClosingSockets::ClosingSockets(std::span<ClosingSocket> places) : places_(places) {
  for (ClosingSocket& place : places_)
    new (&place) ClosingSocket;
}

void ClosingSockets::close() {
  for (ClosingSocket& place : places_)
    place.close();
}

std::size_t ClosingSockets::used() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(places_, [](const ClosingSocket& place) { return place.used(); }));
}

void ClosingSockets::keep(Core& core, SocketStream& socket) {
  ClosingSocket& place = best_place();
  place.close();
  core.poller.change(socket.descriptor(), EPOLLIN, place);
  place.open(core, socket);
}

void ClosingSockets::keep_new(Core& core, SocketStream& socket) {
  ClosingSocket& place = best_place();
  if (place.used() || !core.poller.add(socket.descriptor(), EPOLLIN, place)) return;
  place.open(core, socket);
}

ClosingSocket& ClosingSockets::best_place() const {
  return *std::min_element(places_.begin(), places_.end(), [](const ClosingSocket& one, const ClosingSocket& other) {
    if (one.used() != other.used()) return other.used();
    return one.used() && one.due() < other.due();
  });
}

}  // namespace mote::lean
