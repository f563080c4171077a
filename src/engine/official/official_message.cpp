#include "engine/official/official_message.h"

#include <grpc/slice.h>

namespace mote::official {

OfficialMessage::OfficialMessage(const ::grpc::ByteBuffer& message) : valid_(message.Dump(&slices_).ok()) {
  pieces_.reserve(slices_.size() + 1);
  for (const ::grpc::Slice& slice : slices_) {
    pieces_.push_back({nullptr, slice.begin(), slice.size()});
    size_ += slice.size();
  }
  if (pieces_.empty()) pieces_.push_back({});
  for (std::size_t i = 1; i < pieces_.size(); ++i)
    pieces_[i - 1].next = &pieces_[i];
}

codec::EncodeResult encode(const pb_msgdesc_t* fields, const void* message, ::grpc::ByteBuffer& out) {
  const codec::EncodeResult needed = codec::encoded_size(fields, message);
  if (!needed.ok()) return needed;
  grpc_slice bytes = grpc_slice_malloc(needed.size);
  const codec::EncodeResult encoded = codec::encode_to({GRPC_SLICE_START_PTR(bytes), needed.size}, fields, message);
  const ::grpc::Slice slice(bytes, ::grpc::Slice::STEAL_REF);
  if (encoded.ok()) {
    ::grpc::ByteBuffer whole(&slice, 1);
    out.Swap(&whole);
  }
  return encoded;
}

}  // namespace mote::official
