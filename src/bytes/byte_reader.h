// The checked reader of bytes from the network. Integers are big-endian, as in all of HTTP/2 (RFC 9113 2.2).
// Only this file and byte_writer.h do arithmetic on pointers into network data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "bytes/big_endian.h"
#include "mote/span.h"

namespace mote {

// Takes bytes from the front of a span. Each take_* requires remaining() to be at least its size: the caller checks once
// for a whole frame.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t remaining() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] Bytes rest() const { return bytes_; }
  [[nodiscard]] std::uint8_t peek() const { return bytes_[0]; }

  // The next `size` bytes, or all that are left if there are fewer.
  Bytes take(std::size_t size) {
    if (size > bytes_.size()) size = bytes_.size();
    Bytes taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }

  // The next `size` bytes. If there are fewer, the result is all zeros and nothing is left.
  template <std::size_t size>
  std::array<std::uint8_t, size> take_array() {
    std::array<std::uint8_t, size> taken{};
    if (bytes_.size() < size) {
      bytes_ = {};
      return taken;
    }
    std::memcpy(taken.data(), bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }

  std::uint8_t take_u8() { return take_array<1>()[0]; }
  std::uint16_t take_u16() {
    const auto bytes = take_array<2>();
    return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
  }
  std::uint32_t take_u32() { return load_u32(take_array<4>()); }

 private:
  Bytes bytes_;
};

}  // namespace mote
