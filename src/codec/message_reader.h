// Reads the Protocol Buffers encoding of a message in pieces: tags, varints, lengths, and values to skip. It accepts and
// refuses the same input as the official C++ parser. Internal to src/codec; mote/message.h decodes complete messages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/bytes.h"
#include "mote/span.h"

namespace mote::codec {

#ifdef MOTE_SMALL
inline constexpr bool kSmall = true;
#else
inline constexpr bool kSmall = false;
#endif

// The maximum nesting of messages and groups. Each level of a skipped group needs 4 bytes of stack.
inline constexpr unsigned kMaxNesting = kSmall ? 8 : 100;

enum class WireType : std::uint8_t { Varint = 0, Fixed64 = 1, Length = 2, StartGroup = 3, EndGroup = 4, Fixed32 = 5 };

struct Tag {
  std::uint32_t number = 0;
  WireType type = WireType::Varint;
};

// Each function that returns a bool returns false for a malformed message: reason() then returns the error, and nothing
// else may be read.
class MessageReader {
 public:
  // Reads `size` bytes, starting at `from`.
  MessageReader(mote_piece_cursor from, std::size_t size);

  [[nodiscard]] std::size_t left() const { return stretch_.size() - at_.offset + beyond_; }
  [[nodiscard]] bool done() const { return left() == 0; }
  // The position of the next byte.
  [[nodiscard]] mote_piece_cursor cursor() const;
  [[nodiscard]] const char* reason() const { return reason_; }

  [[nodiscard]] bool take_tag(Tag& tag);
  // Bits above the 64th are discarded.
  [[nodiscard]] bool take_varint(std::uint64_t& value) { return take_varint(value, 10); }
  // A length is at most left().
  [[nodiscard]] bool take_length(std::size_t& length);
  [[nodiscard]] bool take_bytes(MutableBytes to);
  // Skips the bytes of a string, which must be UTF-8.
  [[nodiscard]] bool take_text(std::size_t size);
  [[nodiscard]] bool skip(std::size_t size);
  // Skips the value after `tag`, in a message at nesting level `depth`.
  [[nodiscard]] bool skip_value(Tag tag, unsigned depth);

  // Hides all but the next `size` bytes, at most left(). Returns the number of hidden bytes, for show().
  std::size_t hide_behind(std::size_t size);
  void show(std::size_t hidden) { set_left(left() + hidden); }

  // Returns false. A build with MOTE_SMALL stores no texts.
  bool fail(const char* reason) {
    reason_ = kSmall ? "" : reason;
    return false;
  }

 private:
  bool take_varint(std::uint64_t& value, unsigned max_bytes);
  bool take_long_varint(std::uint64_t& value, unsigned max_bytes);
  bool skip_plain(Tag tag);
  bool skip_group(std::uint32_t number, unsigned depth);
  // Ensures that a byte can be read.
  bool fill();
  void set_left(std::size_t size);

  mote_piece_cursor at_;
  Bytes stretch_;           // The rest of the current piece, up to the end of reading.
  std::size_t beyond_ = 0;  // Bytes to read in later pieces.
  const char* reason_ = nullptr;
};

inline bool MessageReader::take_varint(std::uint64_t& value, unsigned max_bytes) {
  if (!kSmall && at_.offset < stretch_.size() && stretch_[at_.offset] < 0x80) {
    value = stretch_[at_.offset++];
    return true;
  }
  return take_long_varint(value, max_bytes);
}

inline bool MessageReader::take_tag(Tag& tag) {
  std::uint64_t bits = 0;
  if (!take_varint(bits, 5)) return false;
  tag.number = static_cast<std::uint32_t>(bits) >> 3U;
  tag.type = static_cast<WireType>(bits & 7U);
  return tag.number != 0 || fail("zero tag");
}

inline bool MessageReader::take_length(std::size_t& length) {
  std::uint64_t value = 0;
  if (!take_varint(value, 5)) return false;
  length = static_cast<std::size_t>(value);
  return value <= left() || fail("length beyond the end");
}

}  // namespace mote::codec
