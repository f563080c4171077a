// Decodes with nanopb's field descriptors, like nanopb's decoder, but with the semantics of the official parsers: it skips
// groups and values of another wire type, and truncates a number to the size of its field.
#include <pb_common.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "bytes/utf8.h"
#include "codec/message_reader.h"
#include "codec/wire_type.h"
#include "mote/message.h"

// bytes.cpp defines it. Its header does not declare it, because the generated headers do, and two declarations are an error.
extern "C" bool mote_bytes_callback(pb_istream_t* istream, pb_ostream_t* ostream, const pb_field_t* field);

namespace mote::codec {

// Recursive functions decode and clear messages. Their depth is that of structs inside each other.
// NOLINTBEGIN(misc-no-recursion)

namespace {

unsigned value_kind(const pb_field_iter_t& field) {
  return PB_LTYPE(field.type);
}

// An array with a fixed count has no counter in its struct.
bool has_fixed_count(const pb_field_iter_t& field) {
  return PB_HTYPE(field.type) == PB_HTYPE_REPEATED && field.pSize == &field.array_size;
}

// A mote_bytes in a message that has no other callbacks.
bool holds_mote_bytes(const pb_field_iter_t& field) {
  const bool text_or_bytes = value_kind(field) == PB_LTYPE_STRING || value_kind(field) == PB_LTYPE_BYTES;
  return field.descriptor->field_callback == mote_bytes_callback && text_or_bytes &&
         PB_HTYPE(field.type) == PB_HTYPE_SINGULAR;
}

pb_size_t& count_of(const pb_field_iter_t& field) {
  return *static_cast<pb_size_t*>(field.pSize);
}

// Makes `field` the member of its oneof. The memory of another member is cleared.
void select(const pb_field_iter_t& field) {
  if (count_of(field) != field.tag) std::memset(field.pData, 0, field.data_size);
  count_of(field) = field.tag;
}

void clear_field(const pb_field_iter_t& field) {
  const pb_type_t type = field.type;
  const bool in_oneof = PB_HTYPE(type) == PB_HTYPE_ONEOF;
  if (PB_ATYPE(type) == PB_ATYPE_POINTER) {
    *static_cast<void**>(field.pField) = nullptr;  // field.pData is what the old pointer points to.
    if (field.pSize != nullptr) count_of(field) = 0;
  } else if (PB_ATYPE(type) == PB_ATYPE_CALLBACK && !in_oneof) {
    // A pb_callback_t contains functions of the caller.
    if (field.descriptor->field_callback != pb_default_field_callback) std::memset(field.pData, 0, field.data_size);
  } else if (has_fixed_count(field)) {
    std::memset(field.pData, 0, std::size_t{field.data_size} * field.array_size);
  } else if (in_oneof || PB_HTYPE(type) == PB_HTYPE_REPEATED) {
    count_of(field) = 0;
  } else {
    if (field.pSize != nullptr) *static_cast<bool*>(field.pSize) = false;
    if (PB_LTYPE_IS_SUBMSG(type)) {
      clear(field.submsg_desc, field.pData);
    } else {
      std::memset(field.pData, 0, field.data_size);
    }
  }
}

template <class Number>
void store(const pb_field_iter_t& field, Number number) {
  std::memcpy(field.pData, &number, sizeof number);
}

// Zigzag: (n << 1) ^ (n >> 31) for sint32, and correspondingly for sint64.
template <class Number>
Number unzigzag(Number number) {
  return (number >> 1U) ^ (Number{0} - (number & 1U));
}

class Decoder {
 public:
  explicit Decoder(const mote_bytes& value) : in_({value.pieces, value.offset}, value.size) {}

  bool message(const pb_msgdesc_t* fields, void* out, unsigned depth);
  [[nodiscard]] const char* reason() const { return in_.reason(); }

 private:
  // What has been decoded so far, for fields whose struct does not store it.
  struct Seen {
    std::uint64_t required = 0;
    pb_size_t fixed_field = PB_SIZE_MAX;
    pb_size_t fixed_count = 0;
    pb_size_t fixed_size = 0;
  };

  bool note(Seen& seen, pb_field_iter_t& field);
  bool complete(const Seen& seen, const pb_field_iter_t& field);
  bool field(pb_field_iter_t& field, Tag tag, unsigned depth);
  bool bytes(const pb_field_iter_t& field);
  bool callback(const pb_field_iter_t& field, Tag tag, unsigned depth);
  bool packed(pb_field_iter_t& field, unsigned depth);
  bool element(pb_field_iter_t& field, unsigned depth);
  bool value(const pb_field_iter_t& field, unsigned depth);
  bool number(const pb_field_iter_t& field);
  bool small_number(const pb_field_iter_t& field, std::uint32_t number);
  bool fixed_number(const pb_field_iter_t& field);
  bool array_of_bytes(const pb_field_iter_t& field);
  bool submessage(const pb_field_iter_t& field, unsigned depth);

  MessageReader in_;
};

bool Decoder::message(const pb_msgdesc_t* fields, void* out, unsigned depth) {
  pb_field_iter_t field;
  Seen seen;
  (void)pb_field_iter_begin(&field, fields, out);  // False: no fields; none is found below.
  while (!in_.done()) {
    Tag tag;
    if (!in_.take_tag(tag)) return false;
    const bool known = pb_field_iter_find(&field, tag.number) && value_kind(field) != PB_LTYPE_EXTENSION;
    if (!(known ? note(seen, field) && this->field(field, tag, depth) : in_.skip_value(tag, depth))) return false;
  }
  return complete(seen, field);
}

bool Decoder::note(Seen& seen, pb_field_iter_t& field) {
  if (PB_HTYPE(field.type) == PB_HTYPE_REQUIRED && field.required_field_index < 64) {
    seen.required |= std::uint64_t{1} << field.required_field_index;
  }
  if (has_fixed_count(field)) {
    if (seen.fixed_field != field.index) {
      if (seen.fixed_count != seen.fixed_size) return in_.fail("wrong size for fixed count field");
      seen.fixed_field = field.index;
      seen.fixed_count = 0;
      seen.fixed_size = field.array_size;
    }
    field.pSize = &seen.fixed_count;
  }
  return true;
}

bool Decoder::complete(const Seen& seen, const pb_field_iter_t& field) {
  if (seen.fixed_count != seen.fixed_size) return in_.fail("wrong size for fixed count field");
  const unsigned required = PB_HTYPE_REQUIRED > PB_HTYPE_MASK ? 0 : field.descriptor->required_field_count;
  for (unsigned i = 0; i < required && i < 64; ++i) {
    if ((seen.required >> i & 1U) == 0) return in_.fail("missing required field");
  }
  return true;
}

bool Decoder::field(pb_field_iter_t& field, Tag tag, unsigned depth) {
  const bool repeated = PB_HTYPE(field.type) == PB_HTYPE_REPEATED;
  const WireType wanted = wire_type_of(field.type);
  const bool is_packed = repeated && tag.type == WireType::Length && wanted != WireType::Length;
  if (tag.type != wanted && !is_packed) return in_.skip_value(tag, depth);
  // Before select(), which would follow a pointer that may be the number of another member.
  if (PB_ATYPE(field.type) == PB_ATYPE_POINTER) return in_.fail("no malloc support");
  if (PB_HTYPE(field.type) == PB_HTYPE_ONEOF) {
    // Clears what another member left in the union, before a callback takes it for a function of the caller.
    select(field);
  }
  if (PB_ATYPE(field.type) == PB_ATYPE_CALLBACK) {
    return !kSmall && holds_mote_bytes(field) ? bytes(field) : callback(field, tag, depth);
  }
  if (is_packed) return packed(field, depth);
  if (repeated) return element(field, depth);
  if (PB_HTYPE(field.type) != PB_HTYPE_ONEOF && field.pSize != nullptr) {
    *static_cast<bool*>(field.pSize) = true;
  }
  return value(field, depth);
}

// What mote_bytes_callback() does, without a stream of nanopb's.
bool Decoder::bytes(const pb_field_iter_t& field) {
  std::size_t size = 0;
  if (!in_.take_length(size)) return false;
  auto& value = *static_cast<mote_bytes*>(field.pData);
  value = {};
  if (size == 0) return true;
  const mote_piece_cursor start = in_.cursor();
  value = {nullptr, start.piece, 0, start.offset, size};
  return value_kind(field) == PB_LTYPE_STRING ? in_.take_text(size) : in_.skip(size);
}

// A callback receives a stream of exactly the value, and may leave a part of it for its next call.
bool Decoder::callback(const pb_field_iter_t& field, Tag tag, unsigned depth) {
  std::size_t size = 0;
  if (tag.type == WireType::Length && !in_.take_length(size)) return false;
  mote_piece_cursor start = in_.cursor();
  const std::size_t left = in_.left();
  if (!(tag.type == WireType::Length ? in_.skip(size) : in_.skip_value(tag, depth))) return false;
  pb_istream_t stream = mote_piece_stream(&start, left - in_.left());
  std::size_t before = 0;
  do {
    before = stream.bytes_left;
    if (!field.descriptor->field_callback(&stream, nullptr, &field)) return in_.fail(PB_GET_ERROR(&stream));
  } while (stream.bytes_left > 0 && stream.bytes_left < before);
  return true;
}

bool Decoder::packed(pb_field_iter_t& field, unsigned depth) {
  std::size_t length = 0;
  if (!in_.take_length(length)) return false;
  const std::size_t hidden = in_.hide_behind(length);
  while (!in_.done()) {
    if (!element(field, depth)) return false;
  }
  in_.show(hidden);
  return true;
}

bool Decoder::element(pb_field_iter_t& field, unsigned depth) {
  pb_size_t& count = count_of(field);
  if (count >= field.array_size) return in_.fail("array overflow");
  const std::size_t size = field.data_size;
  const MutableBytes elements(static_cast<std::uint8_t*>(field.pField), size * field.array_size);
  field.pData = elements.subspan(size * count++, size).data();
  std::memset(field.pData, 0, size);
  return value(field, depth);
}

bool Decoder::value(const pb_field_iter_t& field, unsigned depth) {
  switch (value_kind(field)) {
    case PB_LTYPE_BOOL:
    case PB_LTYPE_VARINT:
    case PB_LTYPE_UVARINT:
    case PB_LTYPE_SVARINT:
      return number(field);
    case PB_LTYPE_FIXED32:
    case PB_LTYPE_FIXED64:
      return fixed_number(field);
    case PB_LTYPE_SUBMESSAGE:
    case PB_LTYPE_SUBMSG_W_CB:
      return submessage(field, depth);
    case PB_LTYPE_STRING:
    case PB_LTYPE_BYTES:
    case PB_LTYPE_FIXED_LENGTH_BYTES:
      return array_of_bytes(field);
    default:
      return in_.fail("invalid field type");
  }
}

// The low bits of the varint are the value, as in the official parsers. If a nanopb option (int_size) makes a field smaller
// than its type, the value must fit.
bool Decoder::number(const pb_field_iter_t& field) {
  std::uint64_t bits = 0;
  if (!in_.take_varint(bits)) return false;
  const unsigned kind = value_kind(field);
  if (kind == PB_LTYPE_BOOL) {
    store(field, bits != 0);
    return true;
  }
  if (field.data_size == sizeof(std::uint64_t)) {
    store(field, kind == PB_LTYPE_SVARINT ? unzigzag(bits) : bits);
    return true;
  }
  auto low = static_cast<std::uint32_t>(bits);
  if (kind == PB_LTYPE_SVARINT) low = unzigzag(low);
  if (field.data_size == sizeof low) {
    store(field, low);
    return true;
  }
  return small_number(field, low);
}

bool Decoder::small_number(const pb_field_iter_t& field, std::uint32_t number) {
  const unsigned unused = 32 - 8U * field.data_size;
  const bool is_signed = value_kind(field) != PB_LTYPE_UVARINT;
  const std::uint32_t kept = is_signed
                                 ? static_cast<std::uint32_t>(static_cast<std::int32_t>(number << unused) >> unused)
                                 : number << unused >> unused;
  if (kept != number) return in_.fail("integer too large");
  if (field.data_size == sizeof(std::uint16_t)) {
    store(field, static_cast<std::uint16_t>(number));
  } else {
    store(field, static_cast<std::uint8_t>(number));
  }
  return true;
}

// Little-endian on the wire, and in memory on all supported machines.
bool Decoder::fixed_number(const pb_field_iter_t& field) {
  static_assert(std::endian::native == std::endian::little);
  return in_.take_bytes({static_cast<std::uint8_t*>(field.pData), field.data_size});
}

// A string, bytes or fixed-length bytes field with a maximum size in .options, which is stored in the struct.
bool Decoder::array_of_bytes(const pb_field_iter_t& field) {
  std::size_t length = 0;
  if (!in_.take_length(length)) return false;
  MutableBytes to{static_cast<std::uint8_t*>(field.pData), field.data_size};
  const unsigned kind = value_kind(field);
  if (kind == PB_LTYPE_FIXED_LENGTH_BYTES) {
    std::memset(to.data(), 0, to.size());
    if (length != 0 && length != to.size()) return in_.fail("incorrect fixed length bytes size");
  } else if (kind == PB_LTYPE_BYTES) {
    to = to.subspan(offsetof(pb_bytes_array_t, bytes));
    if (length > to.size()) return in_.fail("bytes overflow");
    store(field, static_cast<pb_size_t>(length));
  } else {
    if (length >= to.size()) return in_.fail("string overflow");
    to[length] = 0;
  }
  to = to.first(length);
  if (!in_.take_bytes(to)) return false;
  Utf8Validator validator;
  const bool valid = kSmall || kind != PB_LTYPE_STRING || (validator.feed(to) && validator.complete());
  return valid || in_.fail("invalid utf8");
}

bool Decoder::submessage(const pb_field_iter_t& field, unsigned depth) {
  std::size_t length = 0;
  if (depth >= kMaxNesting) return in_.fail("messages nested too deep");
  if (!in_.take_length(length)) return false;
  const std::size_t hidden = in_.hide_behind(length);
  if (!message(field.submsg_desc, field.pData, depth + 1)) return false;
  in_.show(hidden);
  return true;
}

}  // namespace

void clear(const pb_msgdesc_t* fields, void* message) {
  pb_field_iter_t field;
  if (!pb_field_iter_begin(&field, fields, message)) return;
  do {
    clear_field(field);
  } while (pb_field_iter_next(&field));
}

// NOLINTEND(misc-no-recursion)

DecodeResult merge(const mote_bytes& value, const pb_msgdesc_t* fields, void* out) {
  Decoder decoder(value);
  return {decoder.message(fields, out, 0) ? nullptr : decoder.reason()};
}

}  // namespace mote::codec
