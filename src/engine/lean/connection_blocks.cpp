// How a Connection sends a reply that is larger than the send buffer: DATA frames straight from the blocks of the pool, with what the
// send buffer has in front of them, by one call of the kernel.
#include <algorithm>
#include <array>

#include "engine/lean/connection.h"
#include "http2/frame.h"

namespace mote::lean {

namespace {

// Of one turn. With frames of the size that every peer accepts, kMostParts is enough for the large blocks of so many.
constexpr std::size_t kMostFrames = 32;
constexpr std::size_t kMostBytes = kMostFrames * http2::kDefaultMaxFrameBytes;

// Frames that end where blocks end, so that the rest of a frame which the socket does not take can keep its blocks.
class BlockFrames {
 public:
  struct Frame {
    Bytes header;
    std::size_t size = 0;  // Of its payload.
  };

  explicit BlockFrames(Bytes in_front) {
    if (!in_front.empty()) parts_[part_count_++] = in_front;
  }

  // Adds frames of the first `most` bytes of the blocks.
  void add(const mote_piece* block, std::size_t most, std::size_t most_in_frame, http2::StreamId stream);
  [[nodiscard]] std::span<const Bytes> parts() const { return std::span(parts_).first(part_count_); }
  [[nodiscard]] std::span<const Frame> frames() const { return std::span(frames_).first(frame_count_); }

 private:
  std::array<Bytes, ByteStream::kMostParts> parts_;
  std::array<Frame, kMostFrames> frames_;
  std::array<std::uint8_t, kMostFrames * http2::kFrameHeaderBytes> headers_{};
  std::size_t part_count_ = 0;
  std::size_t frame_count_ = 0;
};

void BlockFrames::add(const mote_piece* block, std::size_t most, std::size_t most_in_frame, http2::StreamId stream) {
  while (block != nullptr && frame_count_ != frames_.size()) {
    const std::size_t header_part = part_count_++;
    const std::size_t limit = std::min(most, most_in_frame);
    std::size_t size = 0;
    for (; block != nullptr && block->size <= limit - size && part_count_ < parts_.size(); block = block->next) {
      parts_[part_count_++] = {block->data, block->size};
      size += block->size;
    }
    if (size == 0) {
      --part_count_;
      return;
    }
    most -= size;
    const MutableBytes place = MutableBytes(headers_).subspan(frame_count_ * http2::kFrameHeaderBytes);
    ByteWriter header(place.first(http2::kFrameHeaderBytes));
    http2::write_frame_header(header, {static_cast<std::uint32_t>(size), http2::FrameType::Data, 0, stream});
    frames_[frame_count_++] = {header.written(), size};
    parts_[header_part] = header.written();
  }
}

}  // namespace

// Once a turn and not before its end, because http2::ServerConnection::receive() relies on room in the send buffer.
Connection::FromBlocks Connection::send_from_blocks(StreamCall& call, BlockQueue& replies) {
  if (!stream().gathers() || replies.size() <= core_.send_buffer.size()) return FromBlocks::No;
  if (!may_send_blocks_) {
    flush_due_ = true;
    return FromBlocks::Later;
  }
  BlockFrames frames(out_.written());
  frames.add(replies.pieces(), std::min(http2_.window_bytes(call), kMostBytes), http2_.max_frame_bytes(), call.id);
  // A header that the socket takes in part needs a block.
  if (frames.frames().empty() || !unsent_.reserve(share_, http2::kFrameHeaderBytes)) return FromBlocks::No;
  may_send_blocks_ = false;
  const IoResult result = stream().write_parts(frames.parts());
  if (result.io == Io::Closed) {
    peer_gone_ = true;
    return FromBlocks::Later;
  }
  core_.bytes_sent += result.size;
  const Bytes in_front = out_.written();
  if (result.size < in_front.size()) {
    keep_unsent(in_front.subspan(result.size));
    return FromBlocks::Later;
  }
  out_.rewind(0);
  std::size_t sent = result.size - in_front.size();
  for (const BlockFrames::Frame& frame : frames.frames()) {
    http2_.count_data(call, frame.size);
    core_.turn.spend_send();
    const std::size_t whole = frame.header.size() + frame.size;
    if (sent < whole) {
      keep_unsent_frame(frame.header, frame.size, sent, replies);
      return FromBlocks::Later;
    }
    replies.discard(share_, frame.size);
    sent -= whole;
  }
  unsent_.clear(share_);
  return FromBlocks::Sent;
}

// The socket has taken only `sent` bytes of a frame, of its header and `size` bytes in `replies`.
void Connection::keep_unsent_frame(Bytes header, std::size_t size, std::size_t sent, BlockQueue& replies) {
  const std::size_t header_sent = std::min(sent, header.size());
  replies.discard(share_, sent - header_sent);
  if (header_sent == header.size()) unsent_.clear(share_);
  (void)unsent_.append(share_, header.subspan(header_sent));  // Reserved before.
  unsent_.take_blocks(replies, size - (sent - header_sent));
  out_ = ByteWriter({});
  if (!has_large_socket && grow_socket()) (void)send_unsent();
}

}  // namespace mote::lean
