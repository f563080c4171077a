// Spans of bytes, and conversions between bytes and text. These types own no memory and copy nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mote {

// Bytes to read.
using Bytes = std::span<const std::uint8_t>;
// Bytes to write.
using MutableBytes = std::span<std::uint8_t>;

// The same bytes as text.
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The same text as bytes.
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace mote
