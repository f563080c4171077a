#include "http1/base64.h"

#include <cstdint>

#include "bytes/base64_digits.h"

namespace mote::http1 {

namespace {

constexpr std::size_t kGroup = 4;

}  // namespace

std::optional<std::size_t> base64_decode(MutableBytes text) {
  if (text.size() % kGroup != 0) return std::nullopt;
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); i += kGroup) {
    const std::size_t padding = text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
    std::uint32_t bits = 0;
    for (std::size_t digit = 0; digit < kGroup; ++digit) {
      const int value = digit < kGroup - padding ? base64_value(static_cast<char>(text[i + digit])) : 0;
      if (value < 0) return std::nullopt;
      bits = bits << 6U | static_cast<std::uint32_t>(value);
    }
    for (std::size_t byte = 0; byte < 3 - padding; ++byte)
      text[size++] = static_cast<std::uint8_t>(bits >> (16 - 8 * byte));
  }
  return size;
}

void base64_encode(MutableBytes buffer, std::size_t size) {
  std::size_t out = 0;
  for (std::size_t i = buffer.size() - size; i < buffer.size(); i += 3) {
    const std::size_t there = buffer.size() - i;
    std::uint32_t bits = std::uint32_t{buffer[i]} << 16U;
    if (there > 1) bits |= std::uint32_t{buffer[i + 1]} << 8U;
    if (there > 2) bits |= buffer[i + 2];
    // The group is read before it may be overwritten.
    for (std::size_t digit = 0; digit < kGroup; ++digit) {
      const bool pad = digit > there;
      buffer[out++] = static_cast<std::uint8_t>(pad ? '=' : kBase64Digits[bits >> (18 - 6 * digit) & 0x3fU]);
    }
  }
}

}  // namespace mote::http1
