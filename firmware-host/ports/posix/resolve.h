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

// The addresses in order of preference. If there are none, `reason` is the reason; it has static storage.
struct Resolved {
  static constexpr std::size_t kMost = 8;

  std::array<SocketAddress, kMost> addresses;
  std::size_t count = 0;
  const char* reason = nullptr;

  [[nodiscard]] std::span<const SocketAddress> all() const { return std::span(addresses).first(count); }
};

// Converts a numeric host immediately. Resolves a name in a child process, which is killed after `timeout_ms` or when
// `*stop` is set (null: never).
Resolved resolve(const char* host, const char* service, int timeout_ms, const volatile std::sig_atomic_t* stop);

}  // namespace mote::posix
