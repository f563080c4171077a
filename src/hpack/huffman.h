// Decodes strings in the Huffman code of RFC 7541 5.2 and Appendix B. Strings may arrive in pieces that are cut anywhere.
// huffman_code.h has the code.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bytes/byte_writer.h"
#include "mote/span.h"

namespace mote::hpack {

class HuffmanDecoder {
 public:
  enum class Result : std::uint8_t {
    Ok,      // all of the piece is used
    NoRoom,  // `out` is full and another symbol is complete; this string cannot be continued
    Error,   // EOS is in the string
  };

  // A string starts.
  void begin() { *this = {}; }

  // Appends the symbols that `piece` completes to `out`.
  [[nodiscard]] Result decode(Bytes piece, ByteWriter& out);

  // The string has ended. True: the remaining bits are valid padding, at most 7 bits and all ones.
  [[nodiscard]] bool end() const;

 private:
  std::uint32_t bits_ = 0;  // the start of a symbol, in the high bit_count_ bits; the others are 0
  std::uint8_t bit_count_ = 0;
};

}  // namespace mote::hpack
