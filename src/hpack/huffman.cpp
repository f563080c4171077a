#include "hpack/huffman.h"

#include <array>

#include "bytes/byte_reader.h"
#include "hpack/huffman_code.h"

namespace mote::hpack {
namespace {

// RFC 7541 Appendix B: the length of each symbol's code in bits; EOS is the last one.
constexpr std::array<std::uint8_t, kHuffmanSymbols + 1> kCodeLength = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,  //
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,  //
    6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,   //
    5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10,  //
    13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,   //
    7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,   //
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,   //
    6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28,  //
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,  //
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,  //
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,  //
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,  //
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,  //
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,  //
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,  //
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,  //
    30};

consteval HuffmanCode canonical_code() {
  HuffmanCode code{};
  unsigned index = 0;
  for (unsigned length = kShortestCode; length <= kLongestCode; ++length) {
    for (unsigned symbol = 0; symbol <= kHuffmanSymbols; ++symbol) {
      if (kCodeLength[symbol] != length) continue;
      ++code.count[length];
      if (symbol != kHuffmanEos) code.byte[index++] = static_cast<std::uint8_t>(symbol);
    }
  }
  return code;
}

}  // namespace

constexpr HuffmanCode kHuffmanCode = canonical_code();

namespace {

// The code is complete: its last code, of 30 bits, is all ones. So the search in find_code() always ends.
consteval std::uint64_t covered() {
  std::uint64_t sum = 0;
  for (unsigned length = kShortestCode; length <= kLongestCode; ++length)
    sum += std::uint64_t{kHuffmanCode.count[length]} << (32 - length);
  return sum;
}
static_assert(covered() == std::uint64_t{1} << 32);

struct Code {
  unsigned length;
  unsigned index;  // in code order
};

// The code in the high bits of `bits`. A table of 256 entries for the short codes was measured to cost more time than it saves.
inline Code find_code(std::uint32_t bits) {
  std::uint32_t end = 0;  // the end of the codes of up to `length` bits, left-aligned
  std::uint32_t index = 0;
  unsigned length = kShortestCode;
  for (;; ++length) {
    end += std::uint32_t{kHuffmanCode.count[length]} << (32 - length);
    index += kHuffmanCode.count[length];
    if (bits <= end - 1) break;
  }
  return {length, index - 1 - ((end - 1 - bits) >> (32 - length))};
}

}  // namespace

HuffmanDecoder::Result HuffmanDecoder::decode(Bytes piece, ByteWriter& out) {
  ByteReader reader(piece);
  const MutableBytes room = out.tail();
  std::size_t size = 0;
  std::uint64_t window = std::uint64_t{bits_} << 32;
  unsigned bit_count = bit_count_;

  for (;;) {
    if (bit_count < kLongestCode) {
      for (; bit_count <= 56 && !reader.empty(); bit_count += 8)
        window |= std::uint64_t{reader.take_u8()} << (56 - bit_count);
    }
    const Code code = find_code(static_cast<std::uint32_t>(window >> 32));
    if (code.length > bit_count) break;
    if (code.index == kHuffmanEos) return Result::Error;
    if (size == room.size()) return Result::NoRoom;
    room[size++] = kHuffmanCode.byte[code.index];
    window <<= code.length;
    bit_count -= code.length;
  }
  bits_ = static_cast<std::uint32_t>(window >> 32);
  bit_count_ = static_cast<std::uint8_t>(bit_count);
  out.advance(size);
  return Result::Ok;
}

bool HuffmanDecoder::end() const {
  return bit_count_ <= 7 && bits_ == ~(0xffffffffU >> bit_count_);
}

}  // namespace mote::hpack
