// 32-bit integers in network byte order (RFC 9113 2.2).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace mote {

// Reads and writes a big-endian 32-bit integer. Compiles to a load or store and a byte swap.
[[gnu::always_inline]] inline std::uint32_t load_u32(std::span<const std::uint8_t, 4> bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

[[gnu::always_inline]] inline void store_u32(std::span<std::uint8_t, 4> bytes, std::uint32_t value) {
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap32(value);
  std::memcpy(bytes.data(), &value, bytes.size());
}

}  // namespace mote
