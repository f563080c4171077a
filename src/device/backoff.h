// The pause between attempts to connect (connection-backoff.md). Each pause is 1.6 times as long as the last one, varied
// randomly by up to 20 %, so that the devices of a restarted gateway do not all connect at the same time.
#pragma once

#include <cstdint>

namespace mote::device {

class Backoff {
 public:
  // Different seeds cause different pauses. `most_ms`, the maximum pause, must be at most 2^28.
  Backoff(std::uint32_t first_ms, std::uint32_t most_ms, std::uint32_t seed);

  // After a failed attempt: returns the pause before the next attempt.
  [[nodiscard]] std::uint32_t next_ms();
  // After a successful attempt: starts again with the first pause.
  void reset() { pause_ms_ = first_ms_; }

 private:
  std::uint32_t first_ms_;
  std::uint32_t most_ms_;
  std::uint32_t pause_ms_;
  std::uint32_t random_;
};

}  // namespace mote::device
