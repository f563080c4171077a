#include "device/message_buffer.h"

#include <cstring>

#include "grpc_http2/message_framing.h"

namespace mote::device {

using grpc_http2::kMessagePrefixBytes;

bool MessageBuffer::append(Bytes bytes) {
  ByteWriter free(storage_.subspan(used_));
  free.bytes(bytes);
  used_ += free.size();
  return !free.overflowed();
}

MessageBuffer::State MessageBuffer::state() const {
  if (used_ == 0) return State::Empty;
  if (storage_[0] != 0) return State::Invalid;
  if (used_ < kMessagePrefixBytes) return State::Partial;
  if (length() > storage_.size() - kMessagePrefixBytes) return State::TooLarge;
  return length() > used_ - kMessagePrefixBytes ? State::Partial : State::Whole;
}

Bytes MessageBuffer::take() {
  taken_ = kMessagePrefixBytes + length();
  return storage_.first(taken_).subspan(kMessagePrefixBytes);
}

void MessageBuffer::discard_taken() {
  if (taken_ == 0) return;
  used_ -= taken_;
  std::memmove(storage_.data(), storage_.subspan(taken_).data(), used_);
  taken_ = 0;
}

std::uint32_t MessageBuffer::length() const {
  ByteReader length(storage_.subspan(1, kMessagePrefixBytes - 1));
  return length.take_u32();
}

}  // namespace mote::device
