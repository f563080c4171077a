// How many lines of each event may be logged: so many per second and event, so that a peer cannot flood the log. What is
// suppressed is counted and reported when the second is over.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/rpc/call.h"

namespace mote::engine {

class LogRates {
 public:
  static constexpr rpc::Time kWindow = std::chrono::seconds(1);
  static constexpr rpc::Time kNothingDue = rpc::Time::max();

  explicit LogRates(std::uint32_t lines_per_second) : lines_per_second_(lines_per_second) {}

  void set(std::uint32_t lines_per_second) { lines_per_second_ = lines_per_second; }

  // Whether one more line of `event` may be written. False: it counts as suppressed. `event` must last as long as this.
  [[nodiscard]] bool admit(std::string_view event, rpc::Time now);

  // When report() has something to report.
  [[nodiscard]] rpc::Time due() const { return due_; }
  // Calls line(event, lines) for each event with suppressed lines whose second is over.
  template <class Line>
  void report(rpc::Time now, Line line) {  // NOLINT(misc-no-recursion): the line is not counted
    if (now < due_) return;
    due_ = kNothingDue;
    for (Row& row : rows_) {
      if (row.suppressed == 0) continue;
      if (now - row.since < kWindow) {
        due_ = std::min(due_, row.since + kWindow);
        continue;
      }
      const std::uint64_t lines = row.suppressed;
      row.suppressed = 0;
      line(row.event, lines);
    }
  }

  // Lines suppressed since the start.
  [[nodiscard]] std::uint64_t suppressed() const { return suppressed_; }

 private:
  struct Row {
    std::string_view event;
    rpc::Time since{};  // The start of its second.
    std::uint32_t lines = 0;
    std::uint64_t suppressed = 0;
  };
  // More than there are events. The last row is shared by all events that find no other.
  static constexpr std::size_t kRows = 40;

  Row& row_of(std::string_view event);

  std::array<Row, kRows> rows_{};
  rpc::Time due_ = kNothingDue;
  std::uint64_t suppressed_ = 0;
  std::uint32_t lines_per_second_;
};

}  // namespace mote::engine
