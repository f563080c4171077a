// The one checked reader and the one checked writer of bytes. Nothing else in the project does arithmetic on pointers
// into network data. Integers are big-endian, as everywhere in HTTP/2 (RFC 9113 2.2).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace mote::wire {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The number that four bytes are: an instruction that loads or stores it, and one that turns the bytes round.
[[gnu::always_inline]] inline std::uint32_t load_u32(std::span<const std::uint8_t, 4> bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

[[gnu::always_inline]] inline void store_u32(std::span<std::uint8_t, 4> bytes, std::uint32_t value) {
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap32(value);
  std::memcpy(bytes.data(), &value, bytes.size());
}

// Takes bytes off the front of a span. Every take_* needs remaining() to be at least what it takes: the caller asks
// first, once for a whole frame.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t remaining() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] Bytes rest() const { return bytes_; }
  [[nodiscard]] std::uint8_t peek() const { return bytes_[0]; }

  // The next `size` bytes, or all that are left where there are fewer.
  Bytes take(std::size_t size) {
    if (size > bytes_.size()) size = bytes_.size();
    Bytes taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }

  // The next `size` bytes; all zero where there are fewer, and then nothing is left.
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

// Appends bytes to a buffer that the caller owns. A write that does not fit writes nothing and marks the writer as
// overflowed for good, so a run of writes needs one check at its end.
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes buffer) : buffer_(buffer) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t room() const { return buffer_.size() - size_; }
  [[nodiscard]] bool overflowed() const { return overflowed_; }
  [[nodiscard]] Bytes written() const { return buffer_.first(size_); }

  // Where the next bytes go, for code that fills them itself and then calls advance().
  [[nodiscard]] MutableBytes tail() const { return buffer_.subspan(size_); }
  void advance(std::size_t size) { size_ += size <= room() ? size : 0; }

  // Forgets what was written behind the first `size` bytes, and an overflow with it.
  void rewind(std::size_t size) {
    if (size <= size_) size_ = size;
    overflowed_ = false;
  }

  void bytes(Bytes source) {
    if (!fits(source.size()) || source.empty()) return;
    std::memcpy(buffer_.data() + size_, source.data(), source.size());
    size_ += source.size();
  }
  // The same of a size that the compiler knows: a few stores in place of a call.
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

  // Writes over bytes that stand at `offset` already.
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

}  // namespace mote::wire
