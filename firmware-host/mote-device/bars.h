// A histogram for the eye: a few rows with round edges, drawn in the terminal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

#include "mote-device/latency_histogram.h"

namespace mote::tool {

struct Row {
  std::uint64_t from = 0;  // microseconds
  std::uint64_t to = 0;    // the first that is no longer in it; kNoEnd: everything above
  std::uint64_t count = 0;
};

// Where most values lie is cut into rows of the same width, 1, 2 or 5 times a power of ten. A tail that would make the
// rows much wider shares the last one, which has no end.
class Rows {
 public:
  static constexpr std::uint64_t kNoEnd = UINT64_MAX;

  explicit Rows(const LatencyHistogram& values);

  [[nodiscard]] std::span<const Row> all() const { return std::span(rows_).first(size_); }
  [[nodiscard]] std::uint64_t width() const { return width_; }
  [[nodiscard]] std::uint64_t highest_count() const;

 private:
  // What a tenth of the span needs when both ends are cut through, and the tail.
  static constexpr std::size_t kMostRows = 13;

  void add(std::uint64_t from, std::uint64_t to, const LatencyHistogram& values);

  std::array<Row, kMostRows> rows_;
  std::size_t size_ = 0;
  std::uint64_t width_ = 0;
};

// How many digits behind the point milliseconds need so that steps of `us` can be told apart: 0 to 3.
int millisecond_digits(std::uint64_t us);

// The smallest of 1, 2, 5, 10, 20, 50... that is at least `least`.
std::uint64_t round_step(std::uint64_t least);

// Draws the rows, none while nothing was measured. `columns`: how wide a line may be. `blocks`: the terminal knows Unicode's
// block characters; without, bars are made of '#'.
void draw_bars(const LatencyHistogram& values, std::size_t columns, bool blocks, std::FILE* out);

}  // namespace mote::tool
