// A socket that listens on an address, and why one does not. For the time before "ready", so it may use the heap.
#pragma once

#include <string>

#include "engine/address.h"

namespace mote::engine {

class ListeningSocket {
 public:
  explicit ListeningSocket(const Address& address) : address_(address) {}
  // Takes over a socket that listens already. A Unix socket's file belongs to who made it.
  explicit ListeningSocket(int descriptor) : descriptor_(descriptor) {}
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  // Null, or what failed, for cannot_listen(); errno says why. The socket does not block. A Unix socket's file that
  // nobody listens on any more is replaced; any other file that is in the way is left alone.
  [[nodiscard]] const char* open();
  // Stops listening; a Unix socket's file is removed.
  void close();

  [[nodiscard]] int descriptor() const { return descriptor_; }  // -1 while it is not open
  // Where it listens: the port that the kernel chose for port 0.
  [[nodiscard]] const Address& address() const { return address_; }

 private:
  const char* make();

  Address address_{};
  int descriptor_ = -1;
  bool bound_ = false;  // A Unix socket's file is ours.
};

// One line: "cannot listen on 127.0.0.1:50051: Address already in use: ...", out of what open() returned and errno.
std::string cannot_listen(const char* failed, const Address& address, int error);

// File descriptors for that many connections, standard streams and listeners beside them: the process's limit is raised
// where it is lower. Empty, or one line that says what is wrong and what to change.
std::string reserve_descriptors(std::uint32_t connections);

}  // namespace mote::engine
