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

  // The peer acknowledged them when `last_stream` was the highest that it had opened.
  void acknowledge(StreamId last_stream) {
    acknowledged_ = true;
    acknowledged_behind_ = last_stream;
  }
  [[nodiscard]] bool acknowledged() const { return acknowledged_; }
  // The stream was opened before the acknowledgement.
  [[nodiscard]] bool opened_before_acknowledgement(StreamId id) const { return id <= acknowledged_behind_; }

 private:
  std::int32_t initial_window_bytes_ = kDefaultWindowBytes;
  std::int32_t next_initial_window_bytes_ = kDefaultWindowBytes;
  std::uint32_t max_frame_bytes_ = kDefaultMaxFrameBytes;
  StreamId acknowledged_behind_ = 0;
  bool received_ = false;
  bool acknowledged_ = false;
};

}  // namespace mote::http2
