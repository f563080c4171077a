#include "engine/socket_buffers.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace mote::engine {

namespace {

// A GOAWAY, with the kernel's overhead.
constexpr std::uint32_t kGoawayBytes = 8 * 1024;

using Memory = std::array<std::uint32_t, SK_MEMINFO_VARS>;

// What the kernel holds for a socket. Without an answer, as much as possible.
Memory memory_of(int descriptor) {
  Memory memory{};
  socklen_t size = sizeof(memory);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) memory.fill(UINT32_MAX);
  return memory;
}

// False if the kernel refuses.
bool set_option(int descriptor, int level, int option, std::uint32_t value) {
  const int number = static_cast<int>(value);
  return ::setsockopt(descriptor, level, option, &number, sizeof(number)) == 0;
}

bool set_sizes(int descriptor, std::uint32_t receive_bytes, std::uint32_t send_bytes) {
  return set_option(descriptor, SOL_SOCKET, SO_RCVBUF, receive_bytes) &&
         set_option(descriptor, SOL_SOCKET, SO_SNDBUF, send_bytes);
}

}  // namespace

bool set_socket_buffers(int descriptor, const Limits& limits) {
  return set_sizes(descriptor, limits.socket_receive_bytes, limits.socket_send_bytes);
}

void grow_socket(int descriptor) {
  set_sizes(descriptor, kLargeSocketBytes, kLargeSocketBytes);
  // The size of the listener's buffer bounds the window until it is raised. A Unix socket has none.
  set_option(descriptor, IPPROTO_TCP, TCP_WINDOW_CLAMP, kLargeSocketBytes - 1);
}

bool shrink_socket(int descriptor, const Limits& limits) {
  const Memory memory = memory_of(descriptor);
  if (memory[SK_MEMINFO_RMEM_ALLOC] > limits.socket_receive_bytes) return false;
  if (memory[SK_MEMINFO_WMEM_QUEUED] > limits.socket_send_bytes) return false;
  set_sizes(descriptor, limits.socket_receive_bytes, limits.socket_send_bytes);
  set_option(descriptor, IPPROTO_TCP, TCP_WINDOW_CLAMP, limits.socket_receive_bytes);
  return true;
}

bool holds_unsent(int descriptor) {
  return memory_of(descriptor)[SK_MEMINFO_WMEM_QUEUED] > kGoawayBytes;
}

void discard_unsent(int descriptor) {
  if (!holds_unsent(descriptor)) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

}  // namespace mote::engine
