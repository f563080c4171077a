#include "engine/lean/message_read.h"

#include <algorithm>

namespace mote::lean {

MessageRead::MessageRead(const http2::FrameHeader& at_hand, std::size_t left, ReservedRoom room, std::size_t message,
                         MutableBytes receive_buffer)
    : at_hand_(at_hand), buffer_(receive_buffer) {
  // The end of a stream is not for the room: http2::ServerConnection::skip_data().
  const std::size_t most = has(at_hand, http2::kEndStream) ? left - 1 : left;
  const std::size_t here = std::min(most, message);
  add_frame({}, here, room);
  message -= here;
  // All that is behind this frame fits the receive buffer, in case that it is not as expected.
  std::size_t behind = receive_buffer.size();
  bool whole = here == left;
  while (whole && message != 0 && frame_count_ != kMostFrames && behind > http2::kFrameHeaderBytes) {
    const std::size_t bytes = std::min({std::size_t{at_hand.length}, message, behind - http2::kFrameHeaderBytes});
    const MutableBytes headers = MutableBytes(headers_).subspan(frame_count_ * http2::kFrameHeaderBytes);
    add_frame(headers.first(http2::kFrameHeaderBytes), bytes, room);
    message -= bytes;
    behind -= http2::kFrameHeaderBytes + bytes;
    whole = bytes == at_hand.length;
  }
  if (behind != 0) parts_.at(part_count_++) = receive_buffer.first(behind);
}

void MessageRead::add_frame(MutableBytes header, std::size_t bytes, ReservedRoom& room) {
  frames_.at(frame_count_++) = {.header = header, .bytes = bytes};
  in_front_ += header.size() + bytes;
  if (!header.empty()) parts_.at(part_count_++) = header;
  while (bytes != 0) {
    const MutableBytes part = room.take(bytes);
    parts_.at(part_count_++) = part;
    bytes -= part.size();
  }
}

std::size_t MessageRead::take(std::size_t size) {
  std::size_t taken = 0;
  std::size_t count = 0;
  for (; count != frame_count_; ++count) {
    Frame& frame = frames_.at(count);
    const std::size_t left = size - taken;
    if (left <= frame.header.size() || !as_expected(count)) break;
    frame.bytes = std::min(frame.bytes, left - frame.header.size());
    taken += frame.header.size() + frame.bytes;
  }
  const std::size_t behind = move_to_buffer(taken, size);
  frame_count_ = count;
  return behind;
}

// The last frame may be longer than what there was room for.
bool MessageRead::as_expected(std::size_t frame) const {
  if (frame == 0) return true;
  ByteReader in(frames_.at(frame).header);
  const http2::FrameHeader header = http2::read_frame_header(in);
  if (header.type != http2::FrameType::Data || header.stream != at_hand_.stream || has(header, http2::kPadded))
    return false;
  const std::size_t bytes = frames_.at(frame).bytes;
  if (header.length == bytes) return !has(header, http2::kEndStream);
  return header.length > bytes && frame + 1 == frame_count_;
}

// What was read after the first `from` of `size` bytes.
std::size_t MessageRead::move_to_buffer(std::size_t from, std::size_t size) {
  const std::size_t moved = std::min(size, in_front_) - from;
  if (moved == 0) return size - from;
  const auto there = buffer_.begin();
  const auto in_buffer = static_cast<std::ptrdiff_t>(size - from - moved);
  std::copy_backward(there, there + in_buffer, there + in_buffer + static_cast<std::ptrdiff_t>(moved));
  ByteWriter out(buffer_.first(moved));
  for (const MutableBytes part : parts()) {
    const std::size_t skipped = std::min(from, part.size());
    from -= skipped;
    const Bytes piece = part.subspan(skipped);
    out.bytes(piece.first(std::min(piece.size(), out.room())));
  }
  return moved + static_cast<std::size_t>(in_buffer);
}

}  // namespace mote::lean
