#include "hpack/decoder.h"

#include <algorithm>
#include <bit>

#include "bytes/byte_reader.h"
#include "hpack/static_table.h"

namespace mote::hpack {
namespace {

// Takes an integer and, if it is the length of a string, the string. False: it is incomplete, or has more than two bytes.
bool skip_integer(ByteReader& in, unsigned prefix_max, bool string) {
  if (in.empty()) return false;
  std::size_t value = in.take_u8() & prefix_max;
  if (value == prefix_max) {
    if (in.empty() || (in.peek() & 0x80) != 0) return false;
    value += in.take_u8();
  }
  return !string || in.take(value).size() == value;
}

// An indexed field, or a literal without indexing (RFC 7541 6.1, 6.2.2, 6.2.3).
bool skip_field_without_indexing(ByteReader& in) {
  const std::uint8_t byte = in.peek();
  if ((byte & 0x80) != 0) return skip_integer(in, 0x7f, false);
  if (byte >= 0x20) return false;
  const bool new_name = (byte & 0x0f) == 0;
  return skip_integer(in, 0x0f, false) && (!new_name || skip_integer(in, 0x7f, true)) && skip_integer(in, 0x7f, true);
}

}  // namespace

// The arguments of one call of feed().
struct Decoder::Feed {
  ByteReader reader;
  MutableBytes scratch;
  FieldSink& sink;
};

Decoder::Decoder(MutableBytes table_storage, std::size_t max_table_bytes, MutableBytes table_reserve)
    : table_(table_storage, table_reserve), max_table_bytes_(static_cast<std::uint32_t>(max_table_bytes)) {
  table_.set_max_size(max_table_bytes);
}

void Decoder::begin() {
  if (!end()) {
    state_ = State::Dead;
  } else {
    state_ = size_update_due_ ? State::SizeUpdate : State::SizeUpdateOrField;
  }
}

bool Decoder::end() const {
  return state_ == State::SizeUpdateOrField || state_ == State::Field;
}

std::size_t Decoder::repeatable_bytes(Bytes block) {
  ByteReader in(block);
  std::size_t left = in.remaining();
  while (!in.empty() && skip_field_without_indexing(in))
    left = in.remaining();
  return block.size() - left;
}

bool Decoder::feed(Bytes piece, MutableBytes scratch, FieldSink& sink) {
  if (used_ > scratch.size()) state_ = State::Dead;
  Feed feed{ByteReader(piece), scratch, sink};
  while (state_ != State::Dead && !feed.reader.empty()) {
    if (!step(feed)) state_ = State::Dead;
  }
  return state_ != State::Dead;
}

void Decoder::set_max_table_bytes(std::size_t max_table_bytes) {
  max_table_bytes_ = static_cast<std::uint32_t>(max_table_bytes);
  if (table_.max_size() <= max_table_bytes) return;
  size_update_due_ |= table_.entry_count() != 0;
  table_.set_max_size(max_table_bytes);
}

bool Decoder::step(Feed& feed) {
  if (state_ == State::String) return on_string_bytes(feed);
  const std::uint8_t byte = feed.reader.take_u8();
  Progress progress = Progress::Error;
  switch (state_) {
    case State::SizeUpdate:
    case State::SizeUpdateOrField:
    case State::Field:
      progress = start_head(byte);
      break;
    case State::StringStart:
      progress = start_length(byte);
      break;
    case State::HeadInteger:
    case State::StringLength:
      progress = integer_.go_on(byte);
      break;
    case State::String:
    case State::Dead:
      break;
  }
  if (progress != Progress::Done) return progress == Progress::More;
  return state_ == State::HeadInteger ? on_head(feed) : on_length(feed);
}

// RFC 7541 6: the position of the first 1 bit is the kind. The bits after it start the integer; there are at least four.
Decoder::Progress Decoder::start_head(std::uint8_t byte) {
  const int zeros = std::min(std::countl_zero(byte), 4);
  kind_ = static_cast<Kind>(zeros);
  if (state_ == (kind_ == Kind::SizeUpdate ? State::Field : State::SizeUpdate)) return Progress::Error;
  state_ = State::HeadInteger;
  return integer_.start(byte, 0x7fU >> std::min(zeros, 3));
}

Decoder::Progress Decoder::start_length(std::uint8_t byte) {
  huffman_coded_ = (byte & 0x80) != 0;
  huffman_.begin();
  state_ = State::StringLength;
  return integer_.start(byte, 0x7f);
}

bool Decoder::on_head(const Feed& feed) {
  if (kind_ == Kind::SizeUpdate) {
    if (integer_.value() > max_table_bytes_) return false;
    table_.set_max_size(integer_.value());
    size_update_due_ = false;
    state_ = State::SizeUpdateOrField;
    return true;
  }
  const bool new_name = integer_.value() == 0 && kind_ != Kind::Indexed;
  HeaderField field;
  if (!new_name && !find(integer_.value(), field)) return false;
  if (kind_ == Kind::Indexed) {
    state_ = State::Field;
    feed.sink.on_field(field);
    return true;
  }
  name_index_ = static_cast<std::uint16_t>(integer_.value());
  name_size_ = 0;
  in_value_ = !new_name;
  oversized_ = false;
  state_ = State::StringStart;
  return true;
}

bool Decoder::on_length(Feed& feed) {
  state_ = State::String;
  if (!huffman_coded_ && integer_.value() > feed.scratch.size() - used_) skip_field();
  return on_string_bytes(feed);
}

bool Decoder::on_string_bytes(Feed& feed) {
  const Bytes bytes = feed.reader.take(integer_.value());
  integer_.take(static_cast<std::uint32_t>(bytes.size()));
  const bool whole = integer_.value() == 0 && used_ == name_size_;
  if (whole && in_value_ && !huffman_coded_) return on_literal(feed, bytes);

  if (!oversized_ && !store(bytes, feed)) return false;
  if (integer_.value() != 0) return true;
  if (huffman_coded_ && !oversized_ && !huffman_.end()) return false;
  if (in_value_) return on_literal(feed, feed.scratch.subspan(name_size_, used_ - name_size_));
  name_size_ = used_;
  in_value_ = true;
  state_ = State::StringStart;
  return true;
}

bool Decoder::store(Bytes bytes, const Feed& feed) {
  ByteWriter writer(feed.scratch.subspan(used_));
  if (!huffman_coded_) {
    writer.bytes(bytes);
  } else {
    const HuffmanDecoder::Result result = huffman_.decode(bytes, writer);
    if (result == HuffmanDecoder::Result::Error) return false;
    if (result == HuffmanDecoder::Result::NoRoom) {
      skip_field();
      return true;
    }
  }
  used_ += static_cast<std::uint32_t>(writer.size());
  return true;
}

void Decoder::skip_field() {
  oversized_ = true;
  used_ = 0;
  name_size_ = 0;
}

bool Decoder::on_literal(const Feed& feed, Bytes value) {
  state_ = State::Field;
  if (oversized_) {
    feed.sink.on_oversized_field();
    if (kind_ != Kind::LiteralIndexed) return true;
    table_.clear();
    return feed.scratch.size() >= table_.max_size();
  }
  HeaderField field;
  field.name = as_text(feed.scratch.first(name_size_));
  if (name_index_ != 0 && !find(name_index_, field)) return false;
  field.value = as_text(value);
  field.never_indexed = kind_ == Kind::LiteralNeverIndexed;
  feed.sink.on_field(field);
  if (kind_ == Kind::LiteralIndexed && !index(feed, field)) return false;
  used_ = 0;
  return true;
}

// A name from the dynamic table may be evicted to make room for its own new entry (RFC 7541 4.4), so it is copied first.
bool Decoder::index(const Feed& feed, HeaderField& field) {
  const std::size_t size = field.name.size() + field.value.size();
  if (name_index_ > kStaticTableSize && size + DynamicTable::kEntryOverhead <= table_.max_size()) {
    if (size > feed.scratch.size()) return false;
    ByteWriter copy(feed.scratch.subspan(used_));
    copy.text(field.name);
    field.name = as_text(copy.written());
  }
  table_.insert(field.name, field.value);
  return true;
}

bool Decoder::find(std::size_t index, HeaderField& field) const {
  if (index == 0) return false;
  if (index > kStaticTableSize) return table_.find(index - kStaticTableSize - 1, field);
  field = static_entry(index);
  return true;
}

}  // namespace mote::hpack
