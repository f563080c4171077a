#include "device/backoff.h"

#include <algorithm>

namespace mote::device {

// The state of a xorshift generator must not be 0.
Backoff::Backoff(std::uint32_t first_ms, std::uint32_t most_ms, std::uint32_t seed)
    : first_ms_(std::min(first_ms, most_ms)), most_ms_(most_ms), pause_ms_(first_ms_), random_(seed != 0 ? seed : 1) {
}

std::uint32_t Backoff::next_ms() {
  const std::uint32_t pause = pause_ms_;
  const std::uint32_t fifth = pause / 5;
  pause_ms_ = std::min(pause + fifth * 3, most_ms_);
  random_ ^= random_ << 13U;
  random_ ^= random_ >> 17U;
  random_ ^= random_ << 5U;
  // Between 80 % and 120 % of the pause.
  return pause - fifth + random_ % (fifth * 2 + 1);
}

}  // namespace mote::device
