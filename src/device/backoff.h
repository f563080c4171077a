// The pause between attempts to connect (connection-backoff.md): it grows by 8/5 each time and is up to a fifth shorter or
// longer, so that the devices of a gateway that restarts do not all come back at once.
#pragma once

#include <cstdint>

namespace mote::device {

class Backoff {
 public:
  // Different seeds make different pauses. `most_ms` is at most 2^28.
  Backoff(std::uint32_t first_ms, std::uint32_t most_ms, std::uint32_t seed);

  // An attempt has failed: how long to wait for the next one.
  [[nodiscard]] std::uint32_t next_ms();
  // One has succeeded.
  void reset() { pause_ms_ = first_ms_; }

 private:
  std::uint32_t first_ms_;
  std::uint32_t most_ms_;
  std::uint32_t pause_ms_;
  std::uint32_t random_;
};

}  // namespace mote::device
