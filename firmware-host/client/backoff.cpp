#include "device/backoff.h"

namespace mote::device {

// xorshift has no use for 0.
Backoff::Backoff(std::uint32_t first_ms, std::uint32_t most_ms, std::uint32_t seed)
    : first_ms_(first_ms < most_ms ? first_ms : most_ms),
      most_ms_(most_ms),
      pause_ms_(first_ms_),
      random_(seed != 0 ? seed : 1) {
}

std::uint32_t Backoff::next_ms() {
  const std::uint32_t pause = pause_ms_;
  pause_ms_ = pause < most_ms_ / 8 * 5 ? pause + pause / 5 * 3 : most_ms_;
  random_ ^= random_ << 13U;
  random_ ^= random_ >> 17U;
  random_ ^= random_ << 5U;
  // From 4/5 to 6/5 of it.
  return pause - pause / 5 + random_ % (pause / 5 * 2 + 1);
}

}  // namespace mote::device
