// A text histogram for the terminal: a few rows with round edges.
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
  std::uint64_t to = 0;    // exclusive; kNoEnd: no upper limit
  std::uint64_t count = 0;
};

// Divides the range of most values into rows of equal width, 1, 2 or 5 times a power of ten. A tail that would make the
// rows much wider is put into the last row, which has no upper limit.
class Rows {
 public:
  static constexpr std::uint64_t kNoEnd = UINT64_MAX;

  explicit Rows(const LatencyHistogram& values);

  [[nodiscard]] std::span<const Row> all() const { return std::span(rows_).first(size_); }
  [[nodiscard]] std::uint64_t width() const { return width_; }
  [[nodiscard]] std::uint64_t highest_count() const;

 private:
  // Rows for a width of a tenth of the span with both edges inside rows, and the tail.
  static constexpr std::size_t kMostRows = 13;

  void add(std::uint64_t from, std::uint64_t to, const LatencyHistogram& values);

  std::array<Row, kMostRows> rows_;
  std::size_t size_ = 0;
  std::uint64_t width_ = 0;
};

// The number of decimals of milliseconds that steps of `us` need: 0 to 3.
int millisecond_digits(std::uint64_t us);

// The smallest value of 1, 2, 5, 10, 20, 50... that is at least `least`.
std::uint64_t round_step(std::uint64_t least);

// Draws the rows; none if there are no values. `columns`: the maximum width of a line. `blocks`: the terminal supports
// Unicode block characters; otherwise bars consist of '#'.
void draw_bars(const LatencyHistogram& values, std::size_t columns, bool blocks, std::FILE* out);

}  // namespace mote::tool
