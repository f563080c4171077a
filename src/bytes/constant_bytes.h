// Bytes that the compiler puts together: for frames and header blocks that never change. Integers are big-endian.
//
//   constexpr auto kPing = constant_bytes<[] { return ConstantBytes().u32(0).u32(0); }>();    // an array of 8 bytes
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mote {

class ConstantBytes {
 public:
  static constexpr std::size_t kCapacity = 1024;  // More does not compile.

  constexpr ConstantBytes& u8(std::uint8_t value) { return uint(value, 1); }
  constexpr ConstantBytes& u16(std::uint16_t value) { return uint(value, 2); }
  constexpr ConstantBytes& u24(std::uint32_t value) { return uint(value, 3); }
  constexpr ConstantBytes& u32(std::uint32_t value) { return uint(value, 4); }
  constexpr ConstantBytes& text(std::string_view source) {
    for (const char c : source)
      u8(static_cast<std::uint8_t>(c));
    return *this;
  }
  constexpr ConstantBytes& bytes(const ConstantBytes& source) {
    for (const std::uint8_t byte : source.written())
      u8(byte);
    return *this;
  }

  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr std::span<const std::uint8_t> written() const { return std::span(bytes_).first(size_); }

 private:
  constexpr ConstantBytes& uint(std::uint32_t value, unsigned size) {
    for (unsigned i = size; i-- > 0;)
      bytes_.at(size_++) = static_cast<std::uint8_t>(value >> (8 * i));
    return *this;
  }

  std::array<std::uint8_t, kCapacity> bytes_{};
  std::size_t size_ = 0;
};

// What `make()` returns, in an array of its size.
template <auto make>
consteval auto constant_bytes() {
  constexpr ConstantBytes kMade = make();
  std::array<std::uint8_t, kMade.size()> exact{};
  std::ranges::copy(kMade.written(), exact.begin());
  return exact;
}

}  // namespace mote
