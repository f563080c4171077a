#include "bytes/utf8.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace mote::codec {

namespace {

// Most text is ASCII, so 64 bytes are checked at a time, with the vectors of the processor where it has some (SSE2, NEON).
using Word = std::size_t;
constexpr Word kHighBits = ~Word{0} / 0xff * 0x80;
constexpr std::size_t kVectorBytes = 16;
using Vector [[gnu::vector_size(kVectorBytes)]] = std::uint64_t;
constexpr std::uint64_t kHighBits64 = 0x8080808080808080;
// A large message is not in the first cache any more, and the processor alone does not fetch it early enough.
constexpr std::size_t kAheadBytes = 1024;

Bytes skip_ascii(Bytes bytes) {
  std::array<Word, 1> words{};
  std::array<Vector, 4> vectors{};
  while (bytes.size() >= sizeof vectors) {
    __builtin_prefetch(bytes.subspan(std::min(bytes.size(), kAheadBytes)).data());
    std::memcpy(vectors.data(), bytes.data(), sizeof vectors);
    const Vector all = (vectors[0] | vectors[1]) | (vectors[2] | vectors[3]);
    if (((all[0] | all[1]) & kHighBits64) != 0) break;
    bytes = bytes.subspan(sizeof vectors);
  }
  while (bytes.size() >= sizeof(Word)) {
    std::memcpy(words.data(), bytes.data(), sizeof(Word));
    if ((words[0] & kHighBits) != 0) break;
    bytes = bytes.subspan(sizeof(Word));
  }
  while (!bytes.empty() && bytes.front() < 0x80)
    bytes = bytes.subspan(1);
  return bytes;
}

}  // namespace

bool Utf8Validator::feed(Bytes bytes) {
  for (;;) {
    if (missing_ == 0) bytes = skip_ascii(bytes);
    if (bytes.empty()) return true;
    const std::uint8_t byte = bytes.front();
    bytes = bytes.subspan(1);
    if (missing_ == 0) {
      if (!lead(byte)) return false;
      continue;
    }
    if (byte < lowest_ || byte > highest_) return false;
    --missing_;
    lowest_ = 0x80;
    highest_ = 0xbf;
  }
}

// RFC 3629 section 4: the first byte determines the length. Four first bytes also restrict the second byte.
bool Utf8Validator::lead(std::uint8_t byte) {
  if (byte < 0xc2 || byte > 0xf4) return false;
  missing_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  if (byte == 0xe0) lowest_ = 0xa0;
  if (byte == 0xed) highest_ = 0x9f;
  if (byte == 0xf0) lowest_ = 0x90;
  if (byte == 0xf4) highest_ = 0x8f;
  return true;
}

}  // namespace mote::codec
