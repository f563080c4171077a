#include "mote/bytes.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include <algorithm>
#include <cstring>

#include "bytes/byte_reader.h"
#include "bytes/byte_writer.h"
#include "bytes/utf8.h"
#include "mote/span.h"

using mote::ByteReader;
using mote::Bytes;
using mote::ByteWriter;
using mote::codec::Utf8Validator;

namespace {

#ifdef MOTE_SMALL
constexpr bool kSmall = true;
#else
constexpr bool kSmall = false;
#endif

constexpr const char* kEndsEarly = "message shorter than its size";
constexpr const char* kNotUtf8 = "invalid utf8";
constexpr const char* kNotSingular = "not a singular string or bytes field";

Bytes rest_of(const mote_piece& piece, std::size_t offset) {
  return Bytes(piece.data, piece.size).subspan(offset);
}

mote_piece_cursor& cursor_of(pb_istream_t& stream) {
  return *static_cast<mote_piece_cursor*>(stream.state);
}

// If the pieces end before the stream does, nanopb reports "io error".
bool read_pieces(pb_istream_t* stream, pb_byte_t* into, std::size_t count) {
  mote_piece_cursor& cursor = cursor_of(*stream);
  mote_piece_settle(&cursor);
  // nanopb reads tags, lengths and numbers byte by byte.
  if (!kSmall && count == 1 && cursor.piece != nullptr) {
    *into = rest_of(*cursor.piece, cursor.offset++).front();
    return true;
  }
  ByteWriter out({into, count});
  for (; out.room() > 0; mote_piece_settle(&cursor)) {
    if (cursor.piece == nullptr) return false;
    const Bytes rest = rest_of(*cursor.piece, cursor.offset);
    const Bytes taken = rest.first(std::min(rest.size(), out.room()));
    out.bytes(taken);
    cursor.offset += taken.size();
  }
  return true;
}

bool holds_mote_bytes(const pb_field_t& field) {
  const bool text_or_bytes = PB_LTYPE(field.type) == PB_LTYPE_STRING || PB_LTYPE(field.type) == PB_LTYPE_BYTES;
  return text_or_bytes && PB_HTYPE(field.type) == PB_HTYPE_SINGULAR;
}

bool decode_field(pb_istream_t* input, const pb_field_t& field, mote_bytes& value) {
  // A number in place of bytes: nanopb passes its own stream that contains the number.
  if (!mote_is_piece_stream(input)) return true;
  if (!holds_mote_bytes(field)) PB_RETURN_ERROR(input, kNotSingular);
  if (!mote_bytes_decode(input, &field, &value)) return false;
  if (value.size == 0) value = {};
  return true;
}

bool encode_field(pb_ostream_t* output, const pb_field_t& field, const mote_bytes& value) {
  if (!holds_mote_bytes(field)) PB_RETURN_ERROR(output, kNotSingular);
  return mote_bytes_size(&value) == 0 || mote_bytes_encode(output, &field, &value);
}

}  // namespace

void mote_piece_settle(mote_piece_cursor* cursor) {
  while (cursor->piece != nullptr && cursor->offset >= cursor->piece->size) {
    cursor->offset -= cursor->piece->size;
    cursor->piece = cursor->piece->next;
  }
}

mote_bytes mote_bytes_of(const void* data, size_t size) {
  return {static_cast<const std::uint8_t*>(data), nullptr, size, 0, 0};
}

size_t mote_bytes_size(const mote_bytes* value) {
  return value->head_size + value->size;
}

mote_stretch mote_bytes_take(mote_bytes* value) {
  if (value->head_size > 0) {
    const mote_stretch head{value->head, value->head_size};
    value->head = nullptr;
    value->head_size = 0;
    return head;
  }
  mote_piece_cursor cursor{value->pieces, value->offset};
  mote_piece_settle(&cursor);
  if (value->size == 0 || cursor.piece == nullptr) return {nullptr, 0};
  const Bytes rest = rest_of(*cursor.piece, cursor.offset);
  const Bytes taken = rest.first(std::min(rest.size(), value->size));
  value->pieces = cursor.piece;
  value->offset = cursor.offset + taken.size();
  value->size -= taken.size();
  return {taken.data(), taken.size()};
}

size_t mote_bytes_copy(const mote_bytes* value, void* to, size_t room) {
  ByteWriter out({static_cast<std::uint8_t*>(to), room});
  mote_bytes rest = *value;
  for (mote_stretch s = mote_bytes_take(&rest); s.size > 0 && out.room() > 0; s = mote_bytes_take(&rest)) {
    out.bytes(Bytes(s.data, std::min(s.size, out.room())));
  }
  return out.size();
}

bool mote_bytes_equal(const mote_bytes* value, const void* data, size_t size) {
  if (mote_bytes_size(value) != size) return false;
  ByteReader wanted({static_cast<const std::uint8_t*>(data), size});
  mote_bytes rest = *value;
  for (mote_stretch s = mote_bytes_take(&rest); s.size > 0; s = mote_bytes_take(&rest)) {
    if (std::memcmp(s.data, wanted.take(s.size).data(), s.size) != 0) return false;
  }
  return wanted.empty();
}

pb_istream_t mote_piece_stream(mote_piece_cursor* cursor, size_t size) {
  pb_istream_t stream{};
  stream.callback = read_pieces;
  stream.state = cursor;
  stream.bytes_left = size;
  return stream;
}

bool mote_is_piece_stream(const pb_istream_t* stream) {
  return stream->callback == read_pieces;
}

bool mote_bytes_decode(pb_istream_t* stream, const pb_field_t* field, mote_bytes* value) {
  mote_piece_cursor& cursor = cursor_of(*stream);
  mote_piece_settle(&cursor);
  *value = {nullptr, cursor.piece, 0, cursor.offset, stream->bytes_left};
  const bool is_text = !kSmall && PB_LTYPE(field->type) == PB_LTYPE_STRING;
  Utf8Validator validator;
  for (mote_bytes rest = *value; stream->bytes_left > 0;) {
    const mote_stretch stretch = mote_bytes_take(&rest);
    if (stretch.size == 0) PB_RETURN_ERROR(stream, kEndsEarly);
    if (is_text && !validator.feed(Bytes(stretch.data, stretch.size))) PB_RETURN_ERROR(stream, kNotUtf8);
    stream->bytes_left -= stretch.size;
    cursor = {rest.pieces, rest.offset};
  }
  if (!validator.complete()) PB_RETURN_ERROR(stream, kNotUtf8);
  return true;
}

bool mote_bytes_encode(pb_ostream_t* stream, const pb_field_t* field, const mote_bytes* value) {
  mote_bytes rest = *value;
  std::size_t left = mote_bytes_size(&rest);
  if (!pb_encode_tag(stream, PB_WT_STRING, field->tag) || !pb_encode_varint(stream, left)) return false;
  // The sizing stream of nanopb only counts bytes.
  if (stream->callback == nullptr) return pb_write(stream, nullptr, left);
  while (left > 0) {
    const mote_stretch stretch = mote_bytes_take(&rest);
    if (stretch.size == 0) PB_RETURN_ERROR(stream, kEndsEarly);
    if (!pb_write(stream, stretch.data, stretch.size)) return false;
    left -= stretch.size;
  }
  return true;
}

// The generated headers declare it.
extern "C" bool mote_bytes_callback(pb_istream_t* istream, pb_ostream_t* ostream, const pb_field_t* field) {
  if (istream != nullptr) return decode_field(istream, *field, *static_cast<mote_bytes*>(field->pData));
  return encode_field(ostream, *field, *static_cast<const mote_bytes*>(field->pData));
}
