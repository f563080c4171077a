// Reads the Protocol Buffers encoding from a message in pieces: tags, varints, lengths, and values to skip. It accepts and
// refuses what the official C++ parser does. For src/codec itself; mote/message.h decodes whole messages.
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

// How many messages and groups may lie inside each other. A group costs 4 bytes of stack while it is skipped.
inline constexpr unsigned kMaxNesting = kSmall ? 8 : 100;

enum class WireType : std::uint8_t { Varint = 0, Fixed64 = 1, Length = 2, StartGroup = 3, EndGroup = 4, Fixed32 = 5 };

struct Tag {
  std::uint32_t number = 0;
  WireType type = WireType::Varint;
};

// Each function that returns a bool returns false for a malformed message: reason() then says what is wrong, and nothing
// more may be read.
class MessageReader {
 public:
  // `size` bytes from `from` on.
  MessageReader(mote_piece_cursor from, std::size_t size);

  [[nodiscard]] std::size_t left() const { return stretch_.size() - at_.offset + beyond_; }
  [[nodiscard]] bool done() const { return left() == 0; }
  // Where the next byte lies.
  [[nodiscard]] mote_piece_cursor cursor() const;
  [[nodiscard]] const char* reason() const { return reason_; }

  [[nodiscard]] bool take_tag(Tag& tag);
  // Bits above the 64th are dropped.
  [[nodiscard]] bool take_varint(std::uint64_t& value) { return take_varint(value, 10); }
  // A length is never more than left().
  [[nodiscard]] bool take_length(std::size_t& length);
  [[nodiscard]] bool take_bytes(MutableBytes to);
  [[nodiscard]] bool skip(std::size_t size);
  // Skips the value behind `tag`, in a message that lies inside `depth` others.
  [[nodiscard]] bool skip_value(Tag tag, unsigned depth);

  // Hides all but the next `size` bytes, which are no more than left(), and returns how many are hidden; show() undoes it.
  std::size_t hide_behind(std::size_t size);
  void show(std::size_t hidden) { set_left(left() + hidden); }

  // Returns false. A small build keeps no texts.
  bool fail(const char* reason) {
    reason_ = kSmall ? "" : reason;
    return false;
  }

 private:
  bool take_varint(std::uint64_t& value, unsigned max_bytes);
  bool take_long_varint(std::uint64_t& value, unsigned max_bytes);
  bool skip_plain(Tag tag);
  bool skip_group(std::uint32_t number, unsigned depth);
  // Makes sure that a byte can be read.
  bool fill();
  void set_left(std::size_t size);

  mote_piece_cursor at_;
  Bytes stretch_;           // The cursor's piece, up to where reading ends.
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
