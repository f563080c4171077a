// The SETTINGS of both ends (RFC 9113 6.5): which values the peer announced, and whether it acknowledged ours.
#pragma once

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

  // They announce large windows, or those of the limits. Ours are sent one at a time: the next ones after the acknowledgement.
  void announce(bool large) {
    awaits_acknowledgement_ = true;
    announces_large_ = large;
    large_in_force_ = large_in_force_ || large;
  }
  // The peer acknowledged them when `last_stream` was the highest that it had opened. Returns whether that makes windows smaller.
  [[nodiscard]] bool acknowledge(StreamId last_stream) {
    const bool shrinks = large_in_force_ && !announces_large_;
    if (shrinks) acknowledged_behind_ = last_stream;
    acknowledged_ = true;
    awaits_acknowledgement_ = false;
    large_in_force_ = announces_large_;
    return shrinks;
  }
  // The first ones are acknowledged.
  [[nodiscard]] bool acknowledged() const { return acknowledged_; }
  [[nodiscard]] bool awaits_acknowledgement() const { return awaits_acknowledgement_; }
  [[nodiscard]] bool announces_large() const { return announces_large_; }
  // The peer may use large windows: until it acknowledges SETTINGS that announce smaller ones, the first included.
  [[nodiscard]] bool large_in_force() const { return large_in_force_; }
  // The same for large windows that our SETTINGS have announced.
  [[nodiscard]] bool large_was_announced() const { return announces_large_ || (large_in_force_ && acknowledged_); }
  // The stream was opened before the acknowledgement of smaller windows.
  [[nodiscard]] bool opened_before_acknowledgement(StreamId id) const { return id <= acknowledged_behind_; }

 private:
  std::int32_t initial_window_bytes_ = kDefaultWindowBytes;
  std::int32_t next_initial_window_bytes_ = kDefaultWindowBytes;
  std::uint32_t max_frame_bytes_ = kDefaultMaxFrameBytes;
  StreamId acknowledged_behind_ = 0;
  bool received_ = false;
  bool acknowledged_ = false;
  bool awaits_acknowledgement_ = true;
  bool announces_large_ = false;
  bool large_in_force_ = true;
};

}  // namespace mote::http2
