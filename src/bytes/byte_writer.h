// The checked writer of bytes for the network. Integers are big-endian, as in all of HTTP/2 (RFC 9113 2.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "mote/span.h"

namespace mote {

// Appends bytes to a buffer of the caller. A write that does not fit writes nothing and marks the writer as overflowed;
// later writes write nothing either. So a series of writes needs one check at its end.
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes buffer) : buffer_(buffer) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t room() const { return buffer_.size() - size_; }
  [[nodiscard]] bool overflowed() const { return overflowed_; }
  [[nodiscard]] Bytes written() const { return buffer_.first(size_); }

  // The free part of the buffer, for code that fills it directly and then calls advance().
  [[nodiscard]] MutableBytes tail() const { return buffer_.subspan(size_); }
  void advance(std::size_t size) { size_ += size <= room() ? size : 0; }

  // Keeps only the first `size` bytes and clears an overflow.
  void rewind(std::size_t size) {
    if (size <= size_) size_ = size;
    overflowed_ = false;
  }

  void bytes(Bytes source) {
    if (!fits(source.size()) || source.empty()) return;
    std::memcpy(buffer_.data() + size_, source.data(), source.size());
    size_ += source.size();
  }
  // The same for a size that is known at compile time: it compiles to a few stores instead of a call.
  template <std::size_t size>
  void array(const std::array<std::uint8_t, size>& source) {
    if (!fits(size)) return;
    std::memcpy(buffer_.data() + size_, source.data(), size);
    size_ += size;
  }
  void text(std::string_view source) { bytes(as_bytes(source)); }

  void u8(std::uint8_t value) { uint(value, 1); }
  void u16(std::uint16_t value) { uint(value, 2); }
  void u24(std::uint32_t value) { uint(value, 3); }
  void u32(std::uint32_t value) { uint(value, 4); }

  // Overwrites bytes at `offset` that have already been written.
  void patch_u24(std::size_t offset, std::uint32_t value) { put(offset, value, 3); }
  void patch_u32(std::size_t offset, std::uint32_t value) { put(offset, value, 4); }

 private:
  bool fits(std::size_t size) {
    if (overflowed_ || size > room()) overflowed_ = true;
    return !overflowed_;
  }
  void uint(std::uint32_t value, std::size_t size) {
    if (!fits(size)) return;
    size_ += size;
    put(size_ - size, value, size);
  }
  void put(std::size_t offset, std::uint32_t value, std::size_t size) {
    if (offset + size > size_) return;
    for (std::size_t i = size; i-- > 0; value >>= 8)
      buffer_[offset + i] = static_cast<std::uint8_t>(value);
  }

  MutableBytes buffer_;
  std::size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace mote
