// Checks that bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. The bytes may arrive in
// pieces that are cut anywhere.
#pragma once

#include <cstdint>

#include "mote/span.h"

namespace mote::codec {

class Utf8Validator {
 public:
  // Takes the next bytes of the text. False: the text is not valid UTF-8; do not use the validator any more.
  [[nodiscard]] bool feed(Bytes bytes);

  // The text may end here: no character is incomplete.
  [[nodiscard]] bool complete() const { return missing_ == 0; }

 private:
  bool lead(std::uint8_t byte);

  // The bytes that the current character still needs, and the allowed range of the next one.
  std::uint8_t missing_ = 0;
  std::uint8_t lowest_ = 0x80;
  std::uint8_t highest_ = 0xbf;
};

}  // namespace mote::codec
