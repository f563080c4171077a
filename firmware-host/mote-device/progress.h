// The progress line at the bottom of a terminal.
#pragma once

#include <cstdint>
#include <cstdio>

#include "mote-device/options.h"
#include "mote-device/tally.h"

namespace mote::tool {

class Progress {
 public:
  // `out`: null if it is not a terminal; then nothing is shown.
  explicit Progress(std::FILE* out) : out_(out) {}

  // Redraws the line, at most ten times per second. `under_way`: sent, and neither answered nor failed yet.
  // `now_us` is the time of a monotonic clock.
  void show(const Options& options, const Tally& tally, std::uint64_t under_way, std::uint64_t now_us);
  // Removes the line. Call it before other output to the terminal.
  void erase();

 private:
  std::FILE* out_;
  std::uint64_t next_us_ = 0;
  bool shown_ = false;
};

}  // namespace mote::tool
