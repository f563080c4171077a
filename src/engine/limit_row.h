// What the rows of the table of limits consist of: fields of Limits, and costs. Included by the sections of the table.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "engine/limits.h"

namespace mote::engine {

inline constexpr std::uint32_t kKiB = 1024;
inline constexpr std::uint32_t kMiB = 1024 * kKiB;
inline constexpr std::uint32_t kDayMs = 24 * 60 * 60 * 1000;
inline constexpr std::uint32_t kMonthSeconds = 30 * 24 * 60 * 60;
// The kernel's own maximum (MAX_TCP_KEEPIDLE).
inline constexpr std::uint32_t kMostTcpKeepalive = 32767;

// A row of a section.
using LimitSource = LimitRowWith<std::string_view>;

template <auto Field>
Cost itself(const Limits& limits, const EngineSizes&) {
  return {.count = 1, .each = limits.*Field};
}

template <auto Field, auto Size>
Cost times(const Limits& limits, const EngineSizes& sizes) {
  return {.count = limits.*Field, .each = sizes.*Size};
}

template <auto Field>
Cost connections(const Limits& limits, const EngineSizes& sizes) {
  return {.count = limits.*Field, .each = sizes.connection + (limits.tls ? sizes.tls_connection : 0)};
}

#ifdef MOTE_TLS
inline Cost tls_handshakes(const Limits& limits, const EngineSizes& sizes) {
  return {.count = limits.tls ? limits.tls_handshakes : 0, .each = sizes.tls_handshake};
}
#endif

inline Cost http_connections(const Limits& limits, const EngineSizes& sizes) {
  return {.count = limits.http ? limits.http_connections : 0, .each = sizes.http_connection};
}

inline Cost http_requests(const Limits& limits, const EngineSizes& sizes) {
  // An engine without the listener has no requests.
  return {.count = limits.http && sizes.http_connection != 0 ? limits.http_connections : 0,
          .each = limits.http_request_bytes};
}

inline Cost metrics_methods(const Limits& limits, const EngineSizes& sizes) {
  return {.count = limits.http ? std::uint64_t{limits.metrics_methods} + 1 : 0, .each = sizes.metrics_method};
}

inline Cost pool(const Limits& limits, const EngineSizes& sizes) {
  const std::uint64_t blocks = (limits.buffer_bytes + sizes.block - 1) / sizes.block;
  return {.count = blocks, .each = sizes.block + sizes.block_overhead};
}

inline std::uint64_t sockets(const Limits& limits) {
  return std::uint64_t{limits.max_connections} + limits.reserved_connections + kClosingSockets +
         (limits.http ? limits.http_connections : 0);
}

inline Cost socket_receive(const Limits& limits, const EngineSizes& sizes) {
  return {.count = sockets(limits), .each = sizes.socket_factor * limits.socket_receive_bytes + sizes.socket};
}

inline Cost socket_send(const Limits& limits, const EngineSizes& sizes) {
  return {.count = sockets(limits), .each = sizes.socket_factor * limits.socket_send_bytes};
}

inline Cost large_sockets(const Limits& limits, const EngineSizes& sizes) {
  const std::uint64_t large = std::uint64_t{2} * kLargeSocketBytes;
  const std::uint64_t small = std::uint64_t{limits.socket_receive_bytes} + limits.socket_send_bytes;
  const std::uint64_t more = large > small ? large - small : 0;
  return {.count = limits.large_sockets, .each = sizes.socket_factor * more + sizes.large_socket};
}

inline Cost upload_windows(const Limits& limits, const EngineSizes& sizes) {
  const std::uint64_t more = std::uint64_t{2} * (upload_socket_bytes(limits) - kLargeSocketBytes);
  return {.count = usable_upload_windows(limits), .each = sizes.socket_factor * more};
}

}  // namespace mote::engine
