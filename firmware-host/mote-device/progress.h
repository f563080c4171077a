// The line at the bottom of a terminal that says how far a run has come.
#pragma once

#include <cstdint>
#include <cstdio>

#include "mote-device/options.h"
#include "mote-device/tally.h"

namespace mote::tool {

class Progress {
 public:
  // `out`: null where it is no terminal, and nothing is shown.
  explicit Progress(std::FILE* out) : out_(out) {}

  // Draws the line anew, but not more than ten times a second. `under_way`: sent, and neither answered nor failed yet.
  // `now_us` is any clock's that does not go back.
  void show(const Options& options, const Tally& tally, std::uint64_t under_way, std::uint64_t now_us);
  // Takes the line away: before anything else is written to the terminal.
  void erase();

 private:
  std::FILE* out_;
  std::uint64_t next_us_ = 0;
  bool shown_ = false;
};

}  // namespace mote::tool
