// nanopb encodes. Into one buffer, messages of the usual kinds of fields are encoded here with nanopb's field descriptors: its
// streams are most of the cost of a small message.
#include <pb_encode.h>

#include <cstdint>
#include <cstring>

#include "bytes/byte_writer.h"
#include "codec/field_walk.h"
#include "codec/message_reader.h"
#include "codec/wire_type.h"
#include "mote/message.h"

// bytes.cpp defines it. Its header does not declare it, because the generated headers do, and two declarations are an error.
extern "C" bool mote_bytes_callback(pb_istream_t* istream, pb_ostream_t* ostream, const pb_field_t* field);

namespace mote::codec {

namespace {

constexpr EncodeResult kNoRoom{EncodeStatus::NoRoom, 0, "does not fit"};

EncodeResult done(const pb_ostream_t& stream) {
  return {EncodeStatus::Done, stream.bytes_written, nullptr};
}

EncodeResult bad_message([[maybe_unused]] const pb_ostream_t& stream) {
  return {EncodeStatus::BadMessage, 0, PB_GET_ERROR(&stream)};
}

// Encodes singular numbers, mote_bytes and messages of these. nanopb encodes all other messages, and finds the errors.
class PlainEncoder {
 public:
  explicit PlainEncoder(MutableBytes buffer) : out_(buffer) {}

  // False: there is another kind of field, an error or no room.
  bool message(const pb_msgdesc_t* fields, const void* message);
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  // A value alone is larger than the buffer.
  [[nodiscard]] bool too_large() const { return too_large_; }

 private:
  static constexpr std::uint32_t kMoreBit = 0x80;

  bool field(const FieldView& field, const pb_msgdesc_t& fields);
  bool bytes(const FieldView& field);
  bool submessage(const FieldView& field);
  bool number(const FieldView& field, unsigned kind);
  void tag(const FieldView& field, WireType type) {
    varint(std::uint32_t{field.tag} << 3U | static_cast<std::uint32_t>(type));
  }
  void varint(std::uint64_t number) {
    for (; number >= kMoreBit; number >>= 7U)
      out_.u8(static_cast<std::uint8_t>(number | kMoreBit));
    out_.u8(static_cast<std::uint8_t>(number));
  }

  ByteWriter out_;
  bool too_large_ = false;
};

template <class Number>
Number loaded(const FieldView& field) {
  Number number = 0;
  std::memcpy(&number, field.data, sizeof number);
  return number;
}

// With its sign, in 64 bits.
std::uint64_t signed_number(const FieldView& field) {
  std::int64_t number = 0;
  switch (field.data_size) {
    case sizeof(std::int8_t):
      number = loaded<std::int8_t>(field);  // NOLINT(bugprone-signed-char-misuse): it is a number
      break;
    case sizeof(std::int16_t):
      number = loaded<std::int16_t>(field);
      break;
    case sizeof(std::int32_t):
      number = loaded<std::int32_t>(field);
      break;
    default:
      number = loaded<std::int64_t>(field);
  }
  return static_cast<std::uint64_t>(number);
}

std::uint64_t unsigned_number(const FieldView& field) {
  switch (field.data_size) {
    case sizeof(std::uint8_t):
      return loaded<std::uint8_t>(field);
    case sizeof(std::uint16_t):
      return loaded<std::uint16_t>(field);
    case sizeof(std::uint32_t):
      return loaded<std::uint32_t>(field);
    default:
      return loaded<std::uint64_t>(field);
  }
}

// Messages contain messages; the depth is that of structs inside each other.
// NOLINTBEGIN(misc-no-recursion)
bool PlainEncoder::message(const pb_msgdesc_t* fields, const void* message) {
  FieldWalk walk(*fields, message);
  FieldView field;
  while (walk.next(field)) {
    if (!this->field(field, *fields)) return false;
  }
  return !out_.overflowed();
}

bool PlainEncoder::field(const FieldView& field, const pb_msgdesc_t& fields) {
  if (PB_HTYPE(field.type) != PB_HTYPE_SINGULAR) return false;
  const unsigned kind = PB_LTYPE(field.type);
  if (PB_ATYPE(field.type) == PB_ATYPE_CALLBACK) {
    const bool text_or_bytes = kind == PB_LTYPE_STRING || kind == PB_LTYPE_BYTES;
    return text_or_bytes && fields.field_callback == mote_bytes_callback && bytes(field);
  }
  if (PB_ATYPE(field.type) != PB_ATYPE_STATIC) return false;
  if (field.present != nullptr && !*field.present) return true;
  if (kind <= PB_LTYPE_LAST_PACKABLE) return number(field, kind);
  return kind == PB_LTYPE_SUBMESSAGE && field.present != nullptr && submessage(field);
}

bool PlainEncoder::submessage(const FieldView& field) {
  tag(field, WireType::Length);
  const MutableBytes place = out_.tail();  // Of the length, mostly one byte, and the message.
  out_.u8(0);
  const std::size_t start = out_.size();
  if (!message(field.submessage, field.data)) return false;
  const std::size_t size = out_.size() - start;
  if (size < kMoreBit) {
    place[0] = static_cast<std::uint8_t>(size);
    return true;
  }
  std::size_t length_bytes = 1;
  for (std::size_t rest = size >> 7U; rest != 0; rest >>= 7U)
    ++length_bytes;
  if (length_bytes - 1 > out_.room()) return false;
  std::memmove(place.subspan(length_bytes).data(), place.subspan(1).data(), size);
  out_.rewind(start - 1);
  varint(size);
  out_.advance(size);
  return true;
}
// NOLINTEND(misc-no-recursion)

bool PlainEncoder::bytes(const FieldView& field) {
  mote_bytes rest = *static_cast<const mote_bytes*>(field.data);
  std::size_t left = mote_bytes_size(&rest);
  if (left == 0) return true;
  tag(field, WireType::Length);
  varint(left);
  too_large_ = left > out_.room();
  if (too_large_) return false;
  while (left != 0) {
    const mote_stretch stretch = mote_bytes_take(&rest);
    if (stretch.size == 0) return false;
    out_.bytes({stretch.data, stretch.size});
    left -= stretch.size;
  }
  return true;
}

// Without a flag for its presence, 0 is omitted.
bool PlainEncoder::number(const FieldView& field, unsigned kind) {
  const bool is_signed = kind == PB_LTYPE_VARINT || kind == PB_LTYPE_SVARINT;
  std::uint64_t bits = is_signed ? signed_number(field) : unsigned_number(field);
  if (bits == 0 && field.present == nullptr) return true;
  const WireType type = wire_type_of(field.type);
  tag(field, type);
  if (type != WireType::Varint) {
    out_.bytes({static_cast<const std::uint8_t*>(field.data), field.data_size});
    return true;
  }
  if (kind == PB_LTYPE_SVARINT) bits = bits << 1U ^ (0 - (bits >> 63U));  // Zigzag.
  varint(kind == PB_LTYPE_BOOL ? std::uint64_t{bits != 0} : bits);
  return true;
}

struct SinkOutput {
  ByteSink& sink;
  bool refused = false;
};

bool write_to_sink(pb_ostream_t* stream, const pb_byte_t* bytes, std::size_t count) {
  auto& output = *static_cast<SinkOutput*>(stream->state);
  output.refused = !output.sink.write({bytes, count});
  return !output.refused;
}

}  // namespace

EncodeResult encode_to(MutableBytes buffer, const pb_msgdesc_t* fields, const void* message) {
  pb_ostream_t stream = pb_ostream_from_buffer(buffer.data(), buffer.size());
  bool too_large = false;  // nanopb would copy a part of it in vain.
  if constexpr (!kSmall) {
    PlainEncoder plain(buffer);
    if (plain.message(fields, message)) return {EncodeStatus::Done, plain.size(), nullptr};
    too_large = plain.too_large();
  }
  if (!too_large && pb_encode(&stream, fields, message)) return done(stream);
  const EncodeResult whole = encoded_size(fields, message);
  if (!whole.ok()) return whole;
  return whole.size > buffer.size() ? kNoRoom : bad_message(stream);
}

EncodeResult encode_to(ByteSink& sink, const pb_msgdesc_t* fields, const void* message) {
  SinkOutput output{sink};
  pb_ostream_t stream{};
  stream.callback = write_to_sink;
  stream.state = &output;
  stream.max_size = SIZE_MAX;
  if (pb_encode(&stream, fields, message)) return done(stream);
  return output.refused ? kNoRoom : bad_message(stream);
}

EncodeResult encoded_size(const pb_msgdesc_t* fields, const void* message) {
  pb_ostream_t stream{};
  return pb_encode(&stream, fields, message) ? done(stream) : bad_message(stream);
}

}  // namespace mote::codec
