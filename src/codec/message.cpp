#include "codec/message.h"

#include <pb_common.h>
#include <pb_decode.h>
#include <pb_encode.h>

#include <cstdint>
#include <cstring>

namespace mote::codec {

namespace {

bool write_to_buffer(pb_ostream_t* stream, const pb_byte_t* bytes, std::size_t count) {
  auto& writer = *static_cast<wire::ByteWriter*>(stream->state);
  writer.bytes({bytes, count});
  return !writer.overflowed();
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

// The limit is the target's own, so that running into it is told apart from a message that cannot be encoded.
using Write = bool (*)(pb_ostream_t*, const pb_byte_t*, std::size_t);
pb_ostream_t stream_into(Write write, void* target) {
  pb_ostream_t stream{};
  stream.callback = write;
  stream.state = target;
  stream.max_size = SIZE_MAX;
  return stream;
}

EncodeResult result_of(bool encoded, bool refused, const pb_ostream_t& stream) {
  if (encoded) return {EncodeStatus::Done, stream.bytes_written, nullptr};
  if (refused) return {EncodeStatus::NoRoom, 0, "does not fit"};
  return {EncodeStatus::BadMessage, 0, PB_GET_ERROR(&stream)};
}

void clear_field(const pb_field_iter_t& field) {
  const pb_type_t type = field.type;
  const bool counted = PB_HTYPE(type) == PB_HTYPE_REPEATED || PB_HTYPE(type) == PB_HTYPE_ONEOF;
  if (PB_LTYPE(type) == PB_LTYPE_EXTENSION) return;
  if (PB_ATYPE(type) == PB_ATYPE_CALLBACK) {
    // A pb_callback_t holds the caller's functions.
    if (field.descriptor->field_callback != pb_default_field_callback) std::memset(field.pData, 0, field.data_size);
  } else if (counted && field.pSize != &field.array_size) {
    *static_cast<pb_size_t*>(field.pSize) = 0;
  } else if (counted) {
    std::memset(field.pData, 0, std::size_t{field.data_size} * field.array_size);
  } else {
    if (field.pSize != nullptr) *static_cast<bool*>(field.pSize) = false;
    if (PB_LTYPE_IS_SUBMSG(type)) {
      clear(field.submsg_desc, field.pData);
    } else {
      std::memset(field.pData, 0, field.data_size);
    }
  }
}

}  // namespace

void clear(const pb_msgdesc_t* fields, void* message) {
  pb_field_iter_t field;
  if (!pb_field_iter_begin(&field, fields, message)) return;
  do {
    clear_field(field);
  } while (pb_field_iter_next(&field));
}

DecodeResult merge(const mote_bytes& value, const pb_msgdesc_t* fields, void* out) {
  mote_piece_cursor cursor{value.pieces, value.offset};
  pb_istream_t stream = mote_piece_stream(&cursor, value.size);
  if (pb_decode_ex(&stream, fields, out, PB_DECODE_NOINIT)) return {};
  return {PB_GET_ERROR(&stream)};
}

EncodeResult encode_to(wire::MutableBytes buffer, const pb_msgdesc_t* fields, const void* message) {
  wire::ByteWriter writer(buffer);
  pb_ostream_t stream = stream_into(write_to_buffer, &writer);
  const bool encoded = pb_encode(&stream, fields, message);
  return result_of(encoded, writer.overflowed(), stream);
}

EncodeResult encode_to(ByteSink& sink, const pb_msgdesc_t* fields, const void* message) {
  SinkOutput output{sink};
  pb_ostream_t stream = stream_into(write_to_sink, &output);
  const bool encoded = pb_encode(&stream, fields, message);
  return result_of(encoded, output.refused, stream);
}

EncodeResult encoded_size(const pb_msgdesc_t* fields, const void* message) {
  pb_ostream_t stream{};
  const bool encoded = pb_encode(&stream, fields, message);
  return result_of(encoded, false, stream);
}

}  // namespace mote::codec
