// Decodes an integer of HPACK (RFC 7541 5.1) byte by byte. It is in the low bits of the first byte. If these are all ones,
// further bytes follow with 7 bits each, the lowest first.
#pragma once

#include <cstdint>

namespace mote::hpack {

class Integer {
 public:
  enum class Progress : std::uint8_t {
    Done,   // value() is complete
    More,   // call go_on() with the next byte
    Error,  // above kMax, or more than 5 bytes after the first
  };
  static constexpr std::uint32_t kMax = 1U << 24;

  // `prefix_max` has all bits set that belong to the integer.
  Progress start(std::uint8_t byte, unsigned prefix_max) {
    value_ = byte & prefix_max;
    shift_ = 0;
    return value_ < prefix_max ? Progress::Done : Progress::More;
  }
  Progress go_on(std::uint8_t byte) {
    const std::uint32_t bits = byte & 0x7f;
    if (shift_ > kMaxShift || bits > kMax >> shift_) return Progress::Error;
    value_ += bits << shift_;
    if (value_ > kMax) return Progress::Error;
    shift_ = static_cast<std::uint8_t>(shift_ + 7);
    return (byte & 0x80) != 0 ? Progress::More : Progress::Done;
  }

  [[nodiscard]] std::uint32_t value() const { return value_; }
  // For callers that count down the bytes of a string.
  void take(std::uint32_t amount) { value_ -= amount; }

 private:
  static constexpr unsigned kMaxShift = 28;  // of the fifth byte after the first

  std::uint32_t value_ = 0;
  std::uint8_t shift_ = 0;  // of the next 7 bits
};

}  // namespace mote::hpack
