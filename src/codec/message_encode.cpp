#include <pb_encode.h>

#include <cstdint>

#include "bytes/byte_writer.h"
#include "mote/message.h"

namespace mote::codec {

namespace {

bool write_to_buffer(pb_ostream_t* stream, const pb_byte_t* bytes, std::size_t count) {
  auto& writer = *static_cast<ByteWriter*>(stream->state);
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

// The target has its own limit, to distinguish a full target from a message that cannot be encoded.
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

}  // namespace

EncodeResult encode_to(MutableBytes buffer, const pb_msgdesc_t* fields, const void* message) {
  ByteWriter writer(buffer);
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
