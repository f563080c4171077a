// Converts messages between the library's slices and the codec: received messages without a copy, replies with one encoding.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <cstddef>
#include <vector>

#include "mote/bytes.h"
#include "mote/message.h"

namespace mote::official {

// A received message, not copied: one piece for each slice. Holds a reference to the slices.
class OfficialMessage {
 public:
  explicit OfficialMessage(const ::grpc::ByteBuffer& message);
  OfficialMessage(const OfficialMessage&) = delete;
  OfficialMessage& operator=(const OfficialMessage&) = delete;

  // False if the library could not provide the message.
  [[nodiscard]] bool valid() const { return valid_; }
  // At least one, which may be empty.
  [[nodiscard]] const mote_piece* first() const { return pieces_.data(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::vector<::grpc::Slice> slices_;
  std::vector<mote_piece> pieces_;
  std::size_t size_ = 0;
  bool valid_;
};

// Encodes into `out`, as one slice of exactly the message's size.
codec::EncodeResult encode(const pb_msgdesc_t* fields, const void* message, ::grpc::ByteBuffer& out);

}  // namespace mote::official
