#include "device/message_buffer.h"

#include <cstring>

#include "wire/grpc_message.h"

namespace mote::device {

using wire::kMessagePrefixBytes;

bool MessageBuffer::append(wire::Bytes bytes) {
  wire::ByteWriter free(storage_.subspan(used_));
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

wire::Bytes MessageBuffer::message() const {
  return storage_.subspan(kMessagePrefixBytes, length());
}

bool MessageBuffer::holds_more() const {
  return used_ > kMessagePrefixBytes + length();
}

void MessageBuffer::drop() {
  const std::size_t size = kMessagePrefixBytes + length();
  used_ -= size;
  std::memmove(storage_.data(), storage_.subspan(size).data(), used_);
}

std::uint32_t MessageBuffer::length() const {
  wire::ByteReader length(storage_.subspan(1, kMessagePrefixBytes - 1));
  return length.take_u32();
}

}  // namespace mote::device
