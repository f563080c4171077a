// Sockets of connections that had to go. The gateway has sent GOAWAY and has nothing more to send, but the peer may still be
// sending: closing a socket with unread bytes resets it, and the peer loses the GOAWAY that it has not read yet. So such a socket
// stays open for a moment, without a connection, and what arrives is discarded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/lean/poller.h"
#include "engine/lean/socket_stream.h"
#include "engine/lean/timer_heap.h"

namespace mote::lean {

struct Core;

// A place for one socket. It closes when the peer does, or kLinger later.
class ClosingSocket final : public Pollable, public Timer {
 public:
  // The place is free.
  void open(Core& core, SocketStream& socket);
  void close();
  [[nodiscard]] bool used() const { return socket_.has_value(); }

  void on_events(std::uint32_t events) override;
  void on_due() override { close(); }

 private:
  Core* core_ = nullptr;
  std::optional<SocketStream> socket_;
};

class ClosingSockets {
 public:
  // `places` is uninitialised.
  explicit ClosingSockets(std::span<ClosingSocket> places);
  // Closes all.
  void close();

  // Places in use; each has an armed timer.
  [[nodiscard]] std::size_t used() const;

  // Ends the outgoing direction of `socket` and takes it over; the poller knows it already. If no place is free, the socket that
  // has been here longest is closed.
  void keep(Core& core, SocketStream& socket);
  // The same for a socket that the poller does not know. Does nothing if no place is free.
  void keep_new(Core& core, SocketStream& socket);

 private:
  // A free place, or the one that has been in use longest.
  [[nodiscard]] ClosingSocket& best_place() const;

  std::span<ClosingSocket> places_;
};

}  // namespace mote::lean
