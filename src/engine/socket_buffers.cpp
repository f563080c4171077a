#include "engine/socket_buffers.h"

#include <linux/sock_diag.h>
#include <linux/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace mote::engine {

namespace {

// A GOAWAY, with the kernel's overhead.
constexpr std::uint32_t kGoawayBytes = 8 * 1024;

// Says which sizes are fixed. musl has no name for it; <asm-generic/socket.h> of Linux does.
#ifdef SO_BUF_LOCK
constexpr int kBufferLock = SO_BUF_LOCK;
#else
constexpr int kBufferLock = 72;
#endif

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

// 64 KiB and more do not fit the field of a segment (RFC 9293 3.1) unless both ends scale it. Upload windows need more than that, of what
// the kernel reserves.
constexpr std::uint32_t window_of(std::uint32_t bytes) {
  return bytes > kLargeSocketBytes ? 2 * bytes : bytes - 1;
}

bool shrink(int descriptor, std::uint32_t receive_bytes, std::uint32_t send_bytes, std::uint32_t window) {
  const Memory memory = memory_of(descriptor);
  if (memory[SK_MEMINFO_RMEM_ALLOC] > receive_bytes || memory[SK_MEMINFO_WMEM_QUEUED] > send_bytes) return false;
  set_sizes(descriptor, receive_bytes, send_bytes);
  set_option(descriptor, IPPROTO_TCP, TCP_WINDOW_CLAMP, window);
  return true;
}

}  // namespace

bool set_socket_buffers(int descriptor, const Limits& limits) {
  return set_sizes(descriptor, limits.socket_receive_bytes, limits.socket_send_bytes);
}

void allow_upload_windows(int descriptor) {
  set_option(descriptor, SOL_SOCKET, kBufferLock, SOCK_SNDBUF_LOCK);
}

void fix_receive_buffer(int descriptor) {
  set_option(descriptor, SOL_SOCKET, kBufferLock, SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK);
}

void grow_socket(int descriptor, std::uint32_t bytes) {
  set_sizes(descriptor, bytes, bytes);
  // The size of the listener's buffer bounds the window until it is raised. A Unix socket has none.
  set_option(descriptor, IPPROTO_TCP, TCP_WINDOW_CLAMP, window_of(bytes));
}

bool shrink_socket(int descriptor, const Limits& limits) {
  return shrink(descriptor, limits.socket_receive_bytes, limits.socket_send_bytes, limits.socket_receive_bytes);
}

bool shrink_upload_socket(int descriptor) {
  return shrink(descriptor, kLargeSocketBytes, kLargeSocketBytes, window_of(kLargeSocketBytes));
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
