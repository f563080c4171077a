// A listening socket and its errors. Used before the gateway is ready, so it may use the heap.
#pragma once

#include <string>

#include "engine/address.h"

namespace mote::engine {

class ListeningSocket {
 public:
  explicit ListeningSocket(const Address& address) : address_(address) {}
  // Takes over a socket that already listens. The file of a Unix socket stays with its creator.
  explicit ListeningSocket(int descriptor) : descriptor_(descriptor) {}
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  // Returns null, or what failed, for cannot_listen(); errno is the reason. The socket does not block. Replaces the file of
  // a Unix socket without a listener, and no other file.
  [[nodiscard]] const char* open();
  // Stops listening and removes the file of a Unix socket.
  void close();

  [[nodiscard]] int descriptor() const { return descriptor_; }  // -1 while it is not open
  // The address with the port that the kernel chose for port 0.
  [[nodiscard]] const Address& address() const { return address_; }

 private:
  const char* make();

  Address address_{};
  int descriptor_ = -1;
  bool bound_ = false;  // A Unix socket's file is ours.
};

// One line: "cannot listen on 127.0.0.1:50051: Address already in use: ...", from the result of open() and errno.
std::string cannot_listen(const char* failed, const Address& address, int error);

// Raises the process's limit of file descriptors so that it suffices for the connections, listeners and standard streams.
// Returns an empty text, or one line with the error and what to change.
std::string reserve_descriptors(std::uint32_t connections);

}  // namespace mote::engine
