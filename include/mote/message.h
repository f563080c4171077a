// Encodes and decodes nanopb messages without a heap and without copying string and bytes fields (mote/bytes.h).
//
//   echo_EchoRequest request{};
//   if (const codec::DecodeResult result = codec::decode(pieces, size, request); !result.ok()) log(result.reason);
//
//   const codec::EncodeResult encoded = codec::encode_to(buffer, reply);
//   if (encoded.ok()) send(buffer.first(encoded.size));
//
// decode() uses nanopb's field descriptors and accepts the same input as the official C++ parser (docs/services.md lists the
// exceptions). It skips unknown fields, groups, and values with another wire type than the field. It truncates a number to
// the size of its field. A varint of more than 10 bytes is an error.
#pragma once

#include <pb.h>

#include <cstddef>
#include <string_view>

#include "mote/bytes.h"
#include "mote/span.h"

namespace mote::codec {

// The result of decode(). `reason` is null on success, else a short constant text that names the error, such as
// "length beyond the end" or "invalid utf8".
struct DecodeResult {
  // Null, or why the message cannot be read.
  const char* reason = nullptr;

  // Whether the message was read.
  [[nodiscard]] bool ok() const { return reason == nullptr; }
};

// Sets every field of `message`, a struct that `fields` describes, to its default: zero, empty or absent. Fields of type
// pb_callback_t keep the functions that the caller has set.
void clear(const pb_msgdesc_t* fields, void* message);

// Decodes the message `value` into `out` without clearing `out` first. A field that the message omits keeps its value.
[[nodiscard]] DecodeResult merge(const mote_bytes& value, const pb_msgdesc_t* fields, void* out);

// Clears `out`, a struct that `fields` describes, and decodes the message into it. A field that the message omits has its
// default value. String and bytes fields point into the pieces, which must outlive them.
// After an error the content of `out` is unspecified, and there is nothing to free.
[[nodiscard]] inline DecodeResult decode(const mote_bytes& value, const pb_msgdesc_t* fields, void* out) {
  clear(fields, out);
  return merge(value, fields, out);
}

// The same for the first `size` bytes of the list `message`.
[[nodiscard]] inline DecodeResult decode(const mote_piece* message, std::size_t size, const pb_msgdesc_t* fields,
                                         void* out) {
  return decode(mote_bytes{nullptr, message, 0, 0, size}, fields, out);
}

// The same for a message struct whose type is known. `value` may be an element of a list (mote/list.h).
template <class Message>
[[nodiscard]] DecodeResult decode(const mote_bytes& value, Message& out) {
  out = Message{};
  return merge(value, nanopb::MessageDescriptor<Message>::fields(), &out);
}

// The same for `size` bytes of a list of pieces.
template <class Message>
[[nodiscard]] DecodeResult decode(const mote_piece* message, std::size_t size, Message& out) {
  return decode(mote_bytes{nullptr, message, 0, 0, size}, out);
}

// How encoding ended.
enum class EncodeStatus {
  // The whole message was written.
  Done,
  // The buffer is too small, or the sink refused the bytes.
  NoRoom,
  // A field cannot be encoded. `reason` names the error.
  BadMessage,
};

// What encode_to() did.
struct EncodeResult {
  // How it ended.
  EncodeStatus status = EncodeStatus::Done;
  // The number of bytes written; 0 unless Done.
  std::size_t size = 0;
  // Null when Done, else a short constant text.
  const char* reason = nullptr;

  // Whether the whole message was written.
  [[nodiscard]] bool ok() const { return status == EncodeStatus::Done; }
};

// The output of an encoder that does not write to one buffer. The encoder writes a few bytes at a time.
class ByteSink {
 public:
  // Accepts all of `bytes` and returns true, or returns false, which ends the encoding. `bytes` is valid only during this
  // call.
  [[nodiscard]] virtual bool write(Bytes bytes) = 0;

 protected:
  ByteSink() = default;
  // A sink has nothing of its own to copy.
  ByteSink(const ByteSink&) = default;
  // A sink has nothing of its own to copy.
  ByteSink& operator=(const ByteSink&) = default;
  ~ByteSink() = default;
};

// Encodes `message`, a struct that `fields` describes, to the start of `buffer`. If it does not fit, the buffer contains a
// part of it; memory past the buffer is not written.
[[nodiscard]] EncodeResult encode_to(MutableBytes buffer, const pb_msgdesc_t* fields, const void* message);

// The same into a sink. After an error the sink has received a part of the message.
[[nodiscard]] EncodeResult encode_to(ByteSink& sink, const pb_msgdesc_t* fields, const void* message);

// The number of bytes that encode_to() would write. gRPC sends this number before the message.
[[nodiscard]] EncodeResult encoded_size(const pb_msgdesc_t* fields, const void* message);

// encode_to() for a message whose type names its fields.
template <class Message>
[[nodiscard]] EncodeResult encode_to(MutableBytes buffer, const Message& message) {
  return encode_to(buffer, nanopb::MessageDescriptor<Message>::fields(), &message);
}

// encode_to() for a message whose type names its fields.
template <class Message>
[[nodiscard]] EncodeResult encode_to(ByteSink& sink, const Message& message) {
  return encode_to(sink, nanopb::MessageDescriptor<Message>::fields(), &message);
}

// encoded_size() for a message whose type names its fields.
template <class Message>
[[nodiscard]] EncodeResult encoded_size(const Message& message) {
  return encoded_size(nanopb::MessageDescriptor<Message>::fields(), &message);
}

// Makes a field value of `text`, which must outlive it.
inline mote_bytes field_of(std::string_view text) {
  return mote_bytes_of(text.data(), text.size());
}

// True if the value is exactly `text`.
// Whether a field's value is exactly `text`.
inline bool equal(const mote_bytes& value, std::string_view text) {
  return mote_bytes_equal(&value, text.data(), text.size());
}

}  // namespace mote::codec
