// Decodes strings in the Huffman code of RFC 7541 5.2 and Appendix B, in pieces cut anywhere.
//
// The code is canonical: the number of codes of each length and the symbols in code order say all of it.
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
    NoRoom,  // `out` is full and a further symbol is complete; the string cannot be gone on with
    Error,   // EOS stands in the string
  };

  // A string starts.
  void begin() { *this = {}; }

  // Appends the symbols that `piece` completes to `out`.
  [[nodiscard]] Result decode(Bytes piece, ByteWriter& out);

  // The string is over: true when what is left is a correct padding, at most 7 bits and all ones.
  [[nodiscard]] bool end() const;

 private:
  std::uint32_t bits_ = 0;  // the start of a symbol, in the high bit_count_ bits; the others are 0
  std::uint8_t bit_count_ = 0;
};

}  // namespace mote::hpack
