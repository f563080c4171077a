// A listening socket: accepts in bursts, refuses out loud when no connection is left.
#pragma once

#include "engine/address.h"
#include "engine/lean/poller.h"

namespace mote::lean {

class Acceptor {
 public:
  // Takes over an accepted, non-blocking socket.
  virtual void accept(int descriptor) = 0;
  // accept() found no descriptor, or the kernel has no memory: try again in a while.
  virtual void pause_accepting() = 0;

 protected:
  ~Acceptor() = default;
};

class Listener final : public Pollable {
 public:
  Listener(const engine::Address& address, Acceptor& acceptor) : address_(address), acceptor_(acceptor) {}
  // Takes over a socket that listens already. A Unix socket's file belongs to who made it.
  Listener(int descriptor, Acceptor& acceptor) : acceptor_(acceptor), descriptor_(descriptor) {}
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Null, or what failed, for "cannot WHAT ADDRESS: errno".
  [[nodiscard]] const char* open(const Poller& poller);
  // Stops listening; a Unix socket's file is removed.
  void close();
  void pause(const Poller& poller) { watch(poller, 0); }
  void resume(const Poller& poller);

  // Where it listens: the port that the kernel chose for port 0.
  [[nodiscard]] const engine::Address& address() const { return address_; }

  void on_events(std::uint32_t events) override;

 private:
  void watch(const Poller& poller, std::uint32_t events);
  bool prepare_unix_path() const;
  const char* make_socket();

  engine::Address address_{};
  Acceptor& acceptor_;
  int descriptor_ = -1;
  bool bound_ = false;  // A Unix socket's file is ours.
};

}  // namespace mote::lean
