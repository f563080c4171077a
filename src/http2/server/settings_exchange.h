// The SETTINGS of both ends (RFC 9113 6.5): which values the peer announced, and whether it acknowledged ours.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "http2/constants.h"
#include "http2/fault.h"
#include "http2/frame.h"

namespace mote::http2 {

class SettingsExchange {
 public:
  // --- The peer's SETTINGS ---

  // A SETTINGS frame begins: take() each setting, then apply() at the end.
  void begin_frame() { next_initial_window_bytes_ = initial_window_bytes_; }
  // The fault of a value outside its range (RFC 9113 6.5.2). Unknown settings are ignored.
  [[nodiscard]] std::optional<Fault> take(const Setting& setting);
  // Returns the change of SETTINGS_INITIAL_WINDOW_SIZE, which concerns the open streams (RFC 9113 6.9.2). Only the last value
  // of a frame is applied: a frame may contain thousands.
  [[nodiscard]] std::int32_t apply() {
    received_ = true;
    const std::int32_t change = next_initial_window_bytes_ - initial_window_bytes_;
    initial_window_bytes_ = next_initial_window_bytes_;
    return change;
  }

  // The first SETTINGS, the rest of the peer's preface, was received.
  [[nodiscard]] bool received() const { return received_; }
  [[nodiscard]] std::int32_t initial_window_bytes() const { return initial_window_bytes_; }
  [[nodiscard]] std::uint32_t max_frame_bytes() const { return max_frame_bytes_; }

  // --- Our SETTINGS ---

  // They announce this initial window of a stream. Ours are sent one at a time: the next ones after the acknowledgement. Returns by
  // how much that makes the windows of open streams larger: the peer may use a larger one as soon as it has received it.
  std::int32_t announce(std::int32_t window_bytes) {
    awaits_acknowledgement_ = true;
    announced_window_bytes_ = window_bytes;
    const std::int32_t larger = std::max<std::int32_t>(window_bytes - window_in_force_bytes_, 0);
    window_in_force_bytes_ += larger;
    return larger;
  }
  // The peer acknowledged them when `last_stream` was the highest that it had opened. Returns by how much that makes windows smaller.
  [[nodiscard]] std::int32_t acknowledge(StreamId last_stream) {
    const std::int32_t smaller = window_in_force_bytes_ - announced_window_bytes_;
    if (smaller != 0) {
      acknowledged_behind_ = last_stream;
      window_before_bytes_ = window_in_force_bytes_;
    }
    acknowledged_ = true;
    awaits_acknowledgement_ = false;
    window_in_force_bytes_ = announced_window_bytes_;
    return smaller;
  }
  // The first ones are acknowledged.
  [[nodiscard]] bool acknowledged() const { return acknowledged_; }
  [[nodiscard]] bool awaits_acknowledgement() const { return awaits_acknowledgement_; }
  [[nodiscard]] std::int32_t announced_window_bytes() const { return announced_window_bytes_; }
  // What the peer may use: the larger window until it acknowledges SETTINGS that announce a smaller one, the first included.
  [[nodiscard]] std::int32_t window_in_force_bytes() const { return window_in_force_bytes_; }
  // By how much the window of a stream was larger, if it was open at the acknowledgement of smaller ones.
  [[nodiscard]] std::int32_t window_lost_bytes(StreamId id) const {
    return id <= acknowledged_behind_ ? std::max<std::int32_t>(window_before_bytes_ - window_in_force_bytes_, 0) : 0;
  }

 private:
  std::int32_t initial_window_bytes_ = kDefaultWindowBytes;
  std::int32_t next_initial_window_bytes_ = kDefaultWindowBytes;
  std::uint32_t max_frame_bytes_ = kDefaultMaxFrameBytes;
  std::int32_t announced_window_bytes_ = 0;
  std::int32_t window_in_force_bytes_ = kDefaultWindowBytes;
  std::int32_t window_before_bytes_ = kDefaultWindowBytes;  // The last acknowledgement of a smaller one.
  StreamId acknowledged_behind_ = 0;
  bool received_ = false;
  bool acknowledged_ = false;
  bool awaits_acknowledgement_ = true;
};

}  // namespace mote::http2
