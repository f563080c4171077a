// Messages between the library's slices and the codec, without a copy on the way in and with one encoding on the way out.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <cstddef>
#include <vector>

#include "mote/bytes.h"
#include "mote/message.h"

namespace mote::official {

// A received message where it lies: a piece for each slice, which this holds a reference to.
class OfficialMessage {
 public:
  explicit OfficialMessage(const ::grpc::ByteBuffer& message);
  OfficialMessage(const OfficialMessage&) = delete;
  OfficialMessage& operator=(const OfficialMessage&) = delete;

  // False: the library could not give out the message, there is nothing to read.
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

// Encodes into one slice of exactly the message's size, which `out` then is.
codec::EncodeResult encode(const pb_msgdesc_t* fields, const void* message, ::grpc::ByteBuffer& out);

}  // namespace mote::official
