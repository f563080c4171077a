// A listening socket and its errors. Used before the gateway is ready, so it may use the heap.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "engine/address.h"
#include "engine/limits.h"

namespace mote::engine {

class ListeningSocket {
 public:
  // `backlog`: connections that wait to be accepted (listen(2)).
  ListeningSocket(const Address& address, std::uint32_t backlog) : address_(address), backlog_(backlog) {}
  // Takes over a socket that already listens. The file of a Unix socket stays with its creator.
  explicit ListeningSocket(int descriptor) : descriptor_(descriptor), inherited_(true) {}
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  // Returns null, or what failed, for cannot_listen(); errno is the reason. The socket does not block. Replaces the file of
  // a Unix socket without a listener, and no other file. An IP address that this machine does not have is no error: connections
  // arrive when an interface gets it (IP_FREEBIND, ip(7)).
  // `limits`: it gets their socket buffers, and TCP keepalive and SO_REUSEPORT where they ask for them, before it listens, so that
  // each connection inherits them. A socket that was passed gets the buffers only.
  [[nodiscard]] const char* open(const Limits* limits = nullptr);
  // Stops listening and removes the file of a Unix socket, unless another process has replaced it.
  void close();
  // Removes the files of all open Unix sockets, for a program that ends without destroying its objects.
  static void remove_files();

  [[nodiscard]] int descriptor() const { return descriptor_; }  // -1 while it is not open
  // True if no interface had the address when the socket was opened.
  [[nodiscard]] bool awaits_address() const { return awaits_address_; }
  // Another program made it listen. Connections that waited then do not have the sizes of its buffers.
  [[nodiscard]] bool inherited() const { return inherited_; }
  // The address with the port that the kernel chose for port 0.
  [[nodiscard]] const Address& address() const { return address_; }

 private:
  const char* make(const Limits* limits);
  [[nodiscard]] bool bind();
  [[nodiscard]] bool limit_buffers(const Limits* limits) const;
  [[nodiscard]] bool keep_alive(const Limits& limits) const;
  [[nodiscard]] bool remember_file();
  [[nodiscard]] bool file_is_ours() const;
  void remove_file();

  Address address_{};
  std::uint32_t backlog_ = 0;
  int descriptor_ = -1;
  bool inherited_ = false;
  bool awaits_address_ = false;
  dev_t device_ = 0;  // The file of a Unix socket that this object has bound; 0: there is none.
  ino_t inode_ = 0;
  ListeningSocket* next_with_file_ = nullptr;
  static inline ListeningSocket* first_with_file = nullptr;
};

// One line: "cannot listen on 127.0.0.1:50051: Address already in use: ...", from the result of open() and errno.
std::string cannot_listen(const char* failed, const Address& address, int error);

// Raises the process's limit of file descriptors so that it suffices for the connections, listeners and standard streams.
// Returns an empty text, or one line with the error and what to change.
std::string reserve_descriptors(std::uint32_t connections);

}  // namespace mote::engine
