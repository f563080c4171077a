// The Huffman code of HPACK (RFC 7541 Appendix B). It is canonical: the number of codes of each length and the symbols in code
// order define it completely.
#pragma once

#include <array>
#include <cstdint>

namespace mote::hpack {

inline constexpr unsigned kShortestCode = 5;
inline constexpr unsigned kLongestCode = 30;
inline constexpr unsigned kHuffmanSymbols = 256;
inline constexpr unsigned kHuffmanEos = kHuffmanSymbols;  // also the last in code order

struct HuffmanCode {
  // The number of codes of each length.
  std::array<std::uint8_t, kLongestCode + 1> count;
  // The bytes in code order: by length, then by value.
  std::array<std::uint8_t, kHuffmanSymbols> byte;
};

extern const HuffmanCode kHuffmanCode;

// Decodes bit by bit: smaller than HuffmanDecoder, but slower.
class HuffmanWalk {
 public:
  static constexpr unsigned kMore = ~0U;

  // A string starts.
  void begin() { *this = {}; }

  // Takes the next bit. Returns the symbol that it completes, as its index in code order (kHuffmanEos for EOS), or kMore.
  unsigned step(unsigned bit) {
    offset_ = 2 * offset_ + bit;
    const std::uint32_t count = kHuffmanCode.count[++length_];
    if (offset_ < count) {
      const unsigned symbol = below_ + offset_;
      begin();
      return symbol;
    }
    offset_ -= count;
    below_ += count;
    return kMore;
  }

  // The string has ended. True: the remaining bits of its last byte are valid padding, at most 7 bits and all ones.
  [[nodiscard]] bool end(std::uint8_t last_byte) const {
    const unsigned padding = (1U << length_) - 1;
    return length_ <= 7 && (last_byte & padding) == padding;
  }

 private:
  std::uint32_t offset_ = 0;  // of the bits so far from the first code of their length
  std::uint32_t below_ = 0;   // the number of shorter codes
  std::uint32_t length_ = 0;
};

}  // namespace mote::hpack
