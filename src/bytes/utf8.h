// Checks that bytes are UTF-8 (RFC 3629), in any split: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstdint>

#include "mote/span.h"

namespace mote::codec {

class Utf8Validator {
 public:
  // Takes the next bytes of the text. False when they cannot be part of valid UTF-8; the validator is then done with.
  [[nodiscard]] bool feed(Bytes bytes);

  // Whether the text may end here: no character is half read.
  [[nodiscard]] bool complete() const { return missing_ == 0; }

 private:
  bool lead(std::uint8_t byte);

  // Bytes that the current character still needs, and the range that the next one must lie in.
  std::uint8_t missing_ = 0;
  std::uint8_t lowest_ = 0x80;
  std::uint8_t highest_ = 0xbf;
};

}  // namespace mote::codec
