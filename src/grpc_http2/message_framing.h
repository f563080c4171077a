// gRPC's length-prefixed messages (PROTOCOL-HTTP2.md, "Length-Prefixed-Message"): one flag byte, the length in four,
// then the message. They stand in the DATA of a stream with no regard to where frames begin and end, so the reader
// takes them out of stretches of any size and keeps no byte of the message itself.
//
//   while (!in.empty()) {
//     if (!framing.take_prefix(in)) break;              // more to come; else: flag_valid()? length() allowed?
//     hand_over(framing.take_body(in));
//     if (framing.complete()) framing.next();           // also for a message of 0 bytes
//   }
//   at END_STREAM: framing.at_boundary(), or the last message was cut short
#pragma once

#include <cstddef>
#include <cstdint>

#include "bytes/byte_reader.h"
#include "bytes/byte_writer.h"
#include "mote/span.h"

namespace mote::grpc_http2 {

inline constexpr std::size_t kMessagePrefixBytes = 5;

class MessageFraming {
 public:
  // Takes what is missing of the prefix, as far as `in` has it. True once the prefix is whole, and from then on until
  // next() without taking anything.
  [[nodiscard]] bool take_prefix(ByteReader& in) {
    if (prefix_taken_ == 0 && in.remaining() >= kMessagePrefixBytes) {
      flag_ = in.take_u8();
      length_ = left_ = in.take_u32();
      prefix_taken_ = kMessagePrefixBytes;
    }
    while (prefix_taken_ < kMessagePrefixBytes && !in.empty())
      take_prefix_byte(in.take_u8());
    return prefix_taken_ == kMessagePrefixBytes;
  }

  // Meaningful once take_prefix() said true.
  [[nodiscard]] bool compressed() const { return flag_ == 1; }
  [[nodiscard]] bool flag_valid() const { return flag_ <= 1; }
  [[nodiscard]] std::uint32_t length() const { return length_; }  // bytes of the message
  [[nodiscard]] std::uint32_t left() const { return left_; }      // bytes of it that are still to come

  // The next stretch of the message, up to its end: all that `in` has of it, where it lies.
  Bytes take_body(ByteReader& in) {
    if (prefix_taken_ < kMessagePrefixBytes) return {};
    const Bytes stretch = in.take(left_);
    left_ -= static_cast<std::uint32_t>(stretch.size());
    return stretch;
  }

  // Prefix and message have been taken to their end.
  [[nodiscard]] bool complete() const { return prefix_taken_ == kMessagePrefixBytes && left_ == 0; }

  // Ready for the following message, whatever was left of this one.
  void next() { *this = MessageFraming(); }

  // No byte of a message has been seen since the last one: the stream may end here.
  [[nodiscard]] bool at_boundary() const { return prefix_taken_ == 0; }

 private:
  void take_prefix_byte(std::uint8_t byte) {
    if (prefix_taken_++ == 0) {
      flag_ = byte;
      return;
    }
    length_ = length_ << 8 | byte;
    left_ = length_;
  }

  std::uint32_t length_ = 0;
  std::uint32_t left_ = 0;
  std::uint8_t flag_ = 0;
  std::uint8_t prefix_taken_ = 0;
};

static_assert(sizeof(MessageFraming) <= 12);

// The prefix of an uncompressed message of `length` bytes.
inline void write_message_prefix(ByteWriter& out, std::uint32_t length) {
  out.u8(0);
  out.u32(length);
}

}  // namespace mote::grpc_http2
