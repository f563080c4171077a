// Checks all output of one end of a connection: well-formed frames in an order that RFC 9113 allows. It uses the parser of the
// tests, which is independent of src/http2.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>

#include "fuzz/check.h"
#include "support/frame_text.h"

namespace mote::fuzz {

class OutputJudge {
 public:
  // Complete frames of the writer.
  void take(std::span<const std::uint8_t> bytes) {
    for (const test::RawFrame& frame : test::take_frames(bytes))
      take(frame);
    check(bytes.empty());
  }
  // The reader announced frames of so many bytes.
  void allow_frames(std::uint32_t bytes) { largest_frame_ = std::max(largest_frame_, bytes); }
  [[nodiscard]] unsigned settings_acks() const { return settings_acks_; }
  [[nodiscard]] unsigned ping_acks() const { return ping_acks_; }

 private:
  struct Sent {
    bool ended = false;
    bool reset = false;
  };
  static constexpr std::uint8_t kEnd = 1;
  static constexpr std::uint8_t kEndBlock = 4;

  void take(const test::RawFrame& frame) {
    check(test::fault_of(frame, largest_frame_).empty());
    check(block_ == 0 || (frame.type == 9 && frame.stream == block_));
    switch (frame.type) {
      case 0:
      case 1:
        return take_message(frame);
      case 3:
        streams_[frame.stream].reset = true;
        return;
      case 4:
        settings_acks_ += frame.flags & 1;
        return;
      case 6:
        ping_acks_ += frame.flags & 1;
        return;
      case 7:
        return take_goaway(frame);
      case 9:
        check(block_ != 0);
        if (frame.flags & kEndBlock) block_ = 0;
        return;
      default:
        return;
    }
  }

  void take_message(const test::RawFrame& frame) {
    Sent& sent = streams_[frame.stream];
    check(!sent.ended && !sent.reset);
    sent.ended = (frame.flags & kEnd) != 0;
    if (frame.type == 1 && !(frame.flags & kEndBlock)) block_ = frame.stream;
  }

  // RFC 9113 6.8: the last stream never grows.
  void take_goaway(const test::RawFrame& frame) {
    std::uint32_t last = 0;
    for (const std::uint8_t byte : frame.payload.first(4))
      last = last << 8U | byte;
    check(last <= goaway_last_);
    goaway_last_ = last;
  }

  std::map<std::uint32_t, Sent> streams_;
  std::uint32_t block_ = 0;
  std::uint32_t goaway_last_ = 0x7fffffff;
  std::uint32_t largest_frame_ = test::kUsualLargestFrame;
  unsigned settings_acks_ = 0;
  unsigned ping_acks_ = 0;
};

}  // namespace mote::fuzz
