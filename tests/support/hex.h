// Converts hexadecimal text to bytes; blanks are skipped.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace mote::test {

inline std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  unsigned digits = 0;
  unsigned value = 0;
  for (char c : text) {
    if (c == ' ' || c == '\n') continue;
    value = value << 4 | unsigned(c >= 'a' ? c - 'a' + 10 : c - '0');
    if (++digits % 2 == 0) bytes.push_back(static_cast<std::uint8_t>(value & 0xff));
  }
  return bytes;
}

}  // namespace mote::test
