// nanopb messages <-> bytes, without a heap and without copying string and bytes fields (mote/bytes.h).
//
// decode() follows nanopb's field descriptors, and reads what the official C++ parser reads (docs/services.md lists the
// exceptions): it skips unknown fields, groups, and values whose wire type is not that of the field, cuts a number to the size
// of its field, and refuses a varint of more than 10 bytes.
#pragma once

#include <pb.h>

#include <cstddef>
#include <string_view>

#include "mote/bytes.h"
#include "mote/span.h"

namespace mote::codec {

// What decode() found. `reason` is null when the message was read, else a short constant text that says what is wrong
// with it, such as "length beyond the end" or "invalid utf8".
struct DecodeResult {
  const char* reason = nullptr;

  [[nodiscard]] bool ok() const { return reason == nullptr; }
};

// Sets every field of `message`, a struct that `fields` describes, to its default: zero, empty, absent. A field of type
// pb_callback_t keeps the caller's functions.
void clear(const pb_msgdesc_t* fields, void* message);

// Reads the message `value` into `out` without clearing `out` first: a field that the message leaves out keeps its value.
[[nodiscard]] DecodeResult merge(const mote_bytes& value, const pb_msgdesc_t* fields, void* out);

// Clears `out`, a struct that `fields` describes, and reads the first `size` bytes of the list `message` into it: a field
// that the message leaves out has its default. String and bytes fields point into the pieces, which must outlive them.
// After a failure `out` holds anything, and nothing that needs freeing.
[[nodiscard]] inline DecodeResult decode(const mote_bytes& value, const pb_msgdesc_t* fields, void* out) {
  clear(fields, out);
  return merge(value, fields, out);
}

[[nodiscard]] inline DecodeResult decode(const mote_piece* message, std::size_t size, const pb_msgdesc_t* fields,
                                         void* out) {
  return decode(mote_bytes{nullptr, message, 0, 0, size}, fields, out);
}

// The message that a decoded `value` holds, such as an element of a list (mote/list.h).
template <class Message>
[[nodiscard]] DecodeResult decode(const mote_bytes& value, Message& out) {
  out = Message{};
  return merge(value, nanopb::MessageDescriptor<Message>::fields(), &out);
}

template <class Message>
[[nodiscard]] DecodeResult decode(const mote_piece* message, std::size_t size, Message& out) {
  return decode(mote_bytes{nullptr, message, 0, 0, size}, out);
}

enum class EncodeStatus {
  Done,
  // The buffer is too small, or the sink took no more.
  NoRoom,
  // A field cannot be encoded: `reason` says why.
  BadMessage,
};

struct EncodeResult {
  EncodeStatus status = EncodeStatus::Done;
  // The bytes written; 0 unless Done.
  std::size_t size = 0;
  // Null when Done, else a short constant text.
  const char* reason = nullptr;

  [[nodiscard]] bool ok() const { return status == EncodeStatus::Done; }
};

// Where an encoded message goes, a few bytes at a time, when it is not one buffer.
class ByteSink {
 public:
  // Takes all of `bytes` or refuses them; a refusal ends the encoding. `bytes` lasts for the call only.
  [[nodiscard]] virtual bool write(Bytes bytes) = 0;

 protected:
  ByteSink() = default;
  ByteSink(const ByteSink&) = default;
  ByteSink& operator=(const ByteSink&) = default;
  ~ByteSink() = default;
};

// Writes `message`, a struct that `fields` describes, to the front of `buffer`. When it does not fit, the buffer holds
// part of it and nothing behind the buffer is touched.
[[nodiscard]] EncodeResult encode_to(MutableBytes buffer, const pb_msgdesc_t* fields, const void* message);

// The same into a sink. After a refusal the sink has taken part of the message.
[[nodiscard]] EncodeResult encode_to(ByteSink& sink, const pb_msgdesc_t* fields, const void* message);

// How many bytes encode_to() would write: gRPC puts it before the message.
[[nodiscard]] EncodeResult encoded_size(const pb_msgdesc_t* fields, const void* message);

template <class Message>
[[nodiscard]] EncodeResult encode_to(MutableBytes buffer, const Message& message) {
  return encode_to(buffer, nanopb::MessageDescriptor<Message>::fields(), &message);
}

template <class Message>
[[nodiscard]] EncodeResult encode_to(ByteSink& sink, const Message& message) {
  return encode_to(sink, nanopb::MessageDescriptor<Message>::fields(), &message);
}

template <class Message>
[[nodiscard]] EncodeResult encoded_size(const Message& message) {
  return encoded_size(nanopb::MessageDescriptor<Message>::fields(), &message);
}

// A field's value out of text that outlives it.
inline mote_bytes field_of(std::string_view text) {
  return mote_bytes_of(text.data(), text.size());
}

inline bool equal(const mote_bytes& value, std::string_view text) {
  return mote_bytes_equal(&value, text.data(), text.size());
}

}  // namespace mote::codec
