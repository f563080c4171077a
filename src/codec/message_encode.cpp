#include <pb_encode.h>

#include <cstdint>

#include "mote/message.h"

namespace mote::codec {

namespace {

constexpr EncodeResult kNoRoom{EncodeStatus::NoRoom, 0, "does not fit"};

EncodeResult done(const pb_ostream_t& stream) {
  return {EncodeStatus::Done, stream.bytes_written, nullptr};
}

EncodeResult bad_message([[maybe_unused]] const pb_ostream_t& stream) {
  return {EncodeStatus::BadMessage, 0, PB_GET_ERROR(&stream)};
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
  if (pb_encode(&stream, fields, message)) return done(stream);
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
