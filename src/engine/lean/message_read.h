// Where the bytes of one read of a large message go: straight into the room that is reserved for it, with the headers of the DATA
// frames that probably follow between them. Bytes that are not as expected go to the receive buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/lean/block_pool.h"
#include "engine/lean/byte_stream.h"
#include "http2/frame.h"
#include "mote/span.h"

namespace mote::lean {

class MessageRead {
 public:
  struct Frame {
    Bytes header;           // Empty for the frame at hand.
    std::size_t bytes = 0;  // Of its payload, in the room of the message.
  };

  // `left` bytes of the DATA frame at hand are to come, without padding; 0 between frames, where it is the last one. It has not ended
  // its stream yet. `message` bytes of the message are to come before its last one, at least one, and `room` has room for them.
  MessageRead(const http2::FrameHeader& at_hand, std::size_t left, ReservedRoom room, std::size_t message,
              MutableBytes receive_buffer);
  MessageRead(const MessageRead&) = delete;
  MessageRead& operator=(const MessageRead&) = delete;

  // Where to read to.
  [[nodiscard]] std::span<const MutableBytes> parts() const { return std::span(parts_).first(part_count_); }
  // `size` bytes were read. Moves what is behind the frames that are as expected to the front of the receive buffer, and returns
  // how many bytes that are. Once.
  std::size_t take(std::size_t size);
  // Afterwards: the frames that are as expected, and of which bytes were read. None of them is the end of its stream, and none
  // contains the end of the message.
  [[nodiscard]] std::span<const Frame> frames() const { return std::span(frames_).first(frame_count_); }

 private:
  // The rest of the frame at hand, and those that probably follow.
  static constexpr std::size_t kMostFrames = 3;
  // Of each frame its header and its blocks, of which the first and the last may be used in part; and the receive buffer.
  static constexpr std::size_t kMostParts =
      kMostFrames * (1 + http2::kDefaultMaxFrameBytes / BlockPool::kSmallBytes + 1) + 1;
  static_assert(kMostParts <= ByteStream::kMostParts);

  void add_frame(MutableBytes header, std::size_t bytes, ReservedRoom& room);
  [[nodiscard]] bool as_expected(std::size_t frame) const;
  std::size_t move_to_buffer(std::size_t from, std::size_t size);

  http2::FrameHeader at_hand_;
  MutableBytes buffer_;
  std::array<std::uint8_t, kMostFrames * http2::kFrameHeaderBytes> headers_{};
  std::array<Frame, kMostFrames> frames_;
  std::array<MutableBytes, kMostParts> parts_;
  std::size_t in_front_ = 0;  // Bytes of the parts in front of the receive buffer.
  std::size_t frame_count_ = 0;
  std::size_t part_count_ = 0;
};

}  // namespace mote::lean
