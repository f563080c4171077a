// Hexadecimal digits (RFC 4648 8), in upper and lower case.
#pragma once

#include <cstdint>

namespace mote {

inline constexpr unsigned kNoHexDigit = 0x100;

// 0 to 15; kNoHexDigit, which exceeds the value of any two digits, for any other character.
constexpr unsigned hex_value(char c) {
  const unsigned digit = static_cast<std::uint8_t>(c) - unsigned{'0'};
  if (digit <= 9) return digit;
  const unsigned letter = (static_cast<std::uint8_t>(c) | 0x20U) - 'a';
  return letter < 6 ? letter + 10 : kNoHexDigit;
}

constexpr bool is_hex_digit(char c) {
  return hex_value(c) != kNoHexDigit;
}

}  // namespace mote
