// Name resolution with a time limit.
#pragma once

#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mote::posix {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* pointer() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// In the order to try them. Without any, `reason` says why; it lasts as long as the program.
struct Resolved {
  static constexpr std::size_t kMost = 8;

  std::array<SocketAddress, kMost> addresses;
  std::size_t count = 0;
  const char* reason = nullptr;

  [[nodiscard]] std::span<const SocketAddress> all() const { return std::span(addresses).first(count); }
};

// Numeric hosts are read at once. A name is looked up in a child process, which is ended when `timeout_ms` have passed or
// `*stop` is set (null: never).
Resolved resolve(const char* host, const char* service, int timeout_ms, const volatile std::sig_atomic_t* stop);

}  // namespace mote::posix
