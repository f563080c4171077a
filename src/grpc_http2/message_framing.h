// gRPC's length-prefixed messages (PROTOCOL-HTTP2.md, "Length-Prefixed-Message"): one flag byte, the length in four,
// then the message. Message and frame boundaries are independent, so the reader accepts pieces of any size. It stores no byte
// of the message.
//
//   while (!in.empty()) {
//     if (!framing.take_prefix(in)) break;              // incomplete; otherwise check flag_valid() and length()
//     process(framing.take_body(in));
//     if (framing.complete()) framing.next();           // also after a message of 0 bytes
//   }
//   at END_STREAM: unless framing.at_boundary(), the last message is incomplete
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "bytes/big_endian.h"
#include "bytes/byte_reader.h"
#include "bytes/byte_writer.h"
#include "mote/span.h"

namespace mote::grpc_http2 {

inline constexpr std::size_t kMessagePrefixBytes = 5;

class MessageFraming {
 public:
  // Takes the missing bytes of the prefix from `in`. True if the prefix is complete; further calls until next() then take
  // nothing.
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

  // Valid after take_prefix() has returned true.
  [[nodiscard]] bool compressed() const { return flag_ == 1; }
  [[nodiscard]] bool flag_valid() const { return flag_ <= 1; }
  [[nodiscard]] std::uint32_t length() const { return length_; }  // bytes of the message
  [[nodiscard]] std::uint32_t left() const { return left_; }      // bytes of it that are missing

  // The next piece of the message, as much as `in` has of it, without a copy.
  Bytes take_body(ByteReader& in) {
    if (prefix_taken_ < kMessagePrefixBytes) return {};
    const Bytes piece = in.take(left_);
    left_ -= static_cast<std::uint32_t>(piece.size());
    return piece;
  }

  // `size` bytes of the message, at most left(), have been taken elsewhere.
  void skip_body(std::uint32_t size) { left_ -= size; }

  // Prefix and message have been taken completely.
  [[nodiscard]] bool complete() const { return prefix_taken_ == kMessagePrefixBytes && left_ == 0; }

  // Starts the following message; the rest of this one is discarded.
  void next() { *this = MessageFraming(); }

  // No byte of a further message has arrived: the stream may end here.
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

// The prefix of a message of `length` bytes.
inline void write_message_prefix(ByteWriter& out, std::uint32_t length, bool compressed = false) {
  std::array<std::uint8_t, kMessagePrefixBytes> prefix{};
  prefix[0] = compressed ? 1 : 0;
  store_u32(std::span(prefix).last<4>(), length);
  out.array(prefix);
}

}  // namespace mote::grpc_http2
