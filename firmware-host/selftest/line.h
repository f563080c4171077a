// One line of a report, put together without printf.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "wire/bytes.h"

namespace mote::selftest {

class Line {
 public:
  // What does not fit is left out.
  Line& operator<<(std::string_view text);
  Line& operator<<(std::uint32_t number);

  // The line with a newline and a NUL behind it.
  [[nodiscard]] const char* finish();

 private:
  static constexpr std::size_t kMostBytes = 96;

  std::array<std::uint8_t, kMostBytes + 2> bytes_{};
  wire::ByteWriter out_{wire::MutableBytes(bytes_).first(kMostBytes)};
};

}  // namespace mote::selftest
