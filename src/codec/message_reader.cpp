#include "codec/message_reader.h"

#include <algorithm>

#include "bytes/byte_writer.h"
#include "bytes/utf8.h"

namespace mote::codec {

namespace {

mote_piece_cursor settled(mote_piece_cursor cursor) {
  mote_piece_settle(&cursor);
  return cursor;
}

}  // namespace

MessageReader::MessageReader(mote_piece_cursor from, std::size_t size) : at_(settled(from)) {
  set_left(size);
}

mote_piece_cursor MessageReader::cursor() const {
  return settled(at_);
}

void MessageReader::set_left(std::size_t size) {
  std::size_t here = 0;
  if (at_.piece == nullptr) {
    at_.offset = 0;
    stretch_ = {};
  } else {
    here = std::min(size, at_.piece->size - at_.offset);
    stretch_ = Bytes(at_.piece->data, at_.offset + here);
  }
  beyond_ = size - here;
}

std::size_t MessageReader::hide_behind(std::size_t size) {
  const std::size_t hidden = left() - size;
  set_left(size);
  return hidden;
}

bool MessageReader::fill() {
  while (at_.offset == stretch_.size()) {
    if (beyond_ == 0) return fail("end of message");
    if (at_.piece != nullptr) at_.piece = at_.piece->next;
    if (at_.piece == nullptr) return fail("message shorter than its size");
    at_.offset = 0;
    set_left(beyond_);
  }
  return true;
}

bool MessageReader::take_long_varint(std::uint64_t& value, unsigned max_bytes) {
  value = 0;
  for (unsigned i = 0; i < max_bytes; ++i) {
    if (!fill()) return false;
    const std::uint8_t byte = stretch_[at_.offset++];
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) return true;
  }
  return fail("varint too long");
}

bool MessageReader::take_bytes(MutableBytes to) {
  for (ByteWriter out(to); out.room() > 0;) {
    if (!fill()) return false;
    const Bytes rest = stretch_.subspan(at_.offset);
    const Bytes taken = rest.first(std::min(rest.size(), out.room()));
    out.bytes(taken);
    at_.offset += taken.size();
  }
  return true;
}

bool MessageReader::take_text(std::size_t size) {
  Utf8Validator validator;
  while (size > 0) {
    if (!fill()) return false;
    const Bytes here = stretch_.subspan(at_.offset, std::min(size, stretch_.size() - at_.offset));
    if (!validator.feed(here)) return fail("invalid utf8");
    at_.offset += here.size();
    size -= here.size();
  }
  return validator.complete() || fail("invalid utf8");
}

bool MessageReader::skip(std::size_t size) {
  while (size > 0) {
    if (!fill()) return false;
    const std::size_t here = std::min(size, stretch_.size() - at_.offset);
    at_.offset += here;
    size -= here;
  }
  return true;
}

bool MessageReader::skip_value(Tag tag, unsigned depth) {
  return tag.type == WireType::StartGroup ? skip_group(tag.number, depth) : skip_plain(tag);
}

bool MessageReader::skip_plain(Tag tag) {
  std::uint64_t number = 0;
  std::size_t length = 0;
  switch (tag.type) {
    case WireType::Varint:
      return take_varint(number);
    case WireType::Fixed64:
      return skip(8);
    case WireType::Length:
      return take_length(length) && skip(length);
    case WireType::Fixed32:
      return skip(4);
    case WireType::EndGroup:
      return fail("end of a group that is not open");
    default:
      return fail("invalid wire type");
  }
}

// Not inline: its list is on the stack only while a group is skipped.
[[gnu::noinline]] bool MessageReader::skip_group(std::uint32_t number, unsigned depth) {
  std::array<std::uint32_t, kMaxNesting> open;  // NOLINT(cppcoreguidelines-pro-type-member-init): written first
  std::size_t count = 0;
  for (Tag tag{number, WireType::StartGroup};;) {
    if (tag.type == WireType::StartGroup) {
      if (depth + count >= kMaxNesting) return fail("groups nested too deep");
      open[count++] = tag.number;
    } else if (tag.type == WireType::EndGroup) {
      if (open[--count] != tag.number) return fail("end of another group");
      if (count == 0) return true;
    } else if (!skip_plain(tag)) {
      return false;
    }
    if (!take_tag(tag)) return false;
  }
}

}  // namespace mote::codec
