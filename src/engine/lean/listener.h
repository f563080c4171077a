// A listening socket. It accepts connections in bursts.
#pragma once

#include "engine/lean/poller.h"
#include "engine/listening_socket.h"

namespace mote::lean {

class Acceptor {
 public:
  // Takes over an accepted, non-blocking socket. `peer`: its address as accept4() reports it, also if the peer has reset the
  // connection since. `tls`: the listener speaks TLS.
  virtual void accept(int descriptor, const engine::Address& peer, bool tls) = 0;
  // One more connection needs the place of another.
  [[nodiscard]] virtual bool full() const = 0;
  // accept() failed because descriptors or kernel memory are exhausted: pause, then try again.
  virtual void pause_accepting() = 0;
  // As many connections wait as the kernel keeps for a listener (listen-backlog).
  virtual void on_backlog_full() = 0;

 protected:
  ~Acceptor() = default;
};

class Listener final : public Pollable {
 public:
  // `limits` (listen-backlog and the kernel's buffers) outlive this.
  Listener(const engine::Address& address, const engine::Limits& limits, Acceptor& acceptor)
      : socket_(address, limits.listen_backlog), limits_(limits), acceptor_(acceptor) {}
  // Takes over a socket that already listens.
  Listener(int descriptor, const engine::Limits& limits, Acceptor& acceptor)
      : socket_(descriptor), limits_(limits), acceptor_(acceptor) {}

  // Returns null, or what failed, for engine::cannot_listen().
  [[nodiscard]] const char* open(const Poller& poller);
  void close() { socket_.close(); }
  void pause(const Poller& poller) { watch(poller, 0); }
  void resume(const Poller& poller);

  [[nodiscard]] const engine::Address& address() const { return socket_.address(); }
  [[nodiscard]] bool awaits_address() const { return socket_.awaits_address(); }

  void on_events(std::uint32_t events) override;

 private:
  void take(int accepted, const engine::Address& peer);
  void watch(const Poller& poller, std::uint32_t events);
  [[nodiscard]] bool connection_waits() const;
  [[nodiscard]] bool backlog_full() const;

  engine::ListeningSocket socket_;
  const engine::Limits& limits_;
  Acceptor& acceptor_;
  bool waited_ = false;  // The acceptor is full, and connections have waited for one turn.
};

}  // namespace mote::lean
