// An axis of the plot: its range, the positions of values, and the ticks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mote::tool {

class Axis {
 public:
  static constexpr std::size_t kMostTicks = 16;

  // From `least` to `most`, rounded outwards. Logarithmic if they are far apart, else linear: from 0, unless all
  // values are close together and far from 0.
  static Axis of_values(std::uint64_t least, std::uint64_t typical, std::uint64_t most);
  // Linear from 0 to exactly `most`.
  static Axis of_time(std::uint64_t most);

  // The position of a value, from 0 at the low end to 1 at the high end.
  [[nodiscard]] double place(std::uint64_t value) const;
  // The value at a position.
  [[nodiscard]] std::uint64_t value(double place) const;
  [[nodiscard]] std::span<const std::uint64_t> ticks() const { return std::span(ticks_).first(tick_count_); }
  [[nodiscard]] bool logarithmic() const { return logarithmic_; }

 private:
  static Axis linear(std::uint64_t low, std::uint64_t high, std::uint64_t step);
  static Axis logarithmic(std::uint64_t low, std::uint64_t high);
  void add_tick(std::uint64_t value);

  std::uint64_t low_ = 0;
  std::uint64_t high_ = 1;
  bool logarithmic_ = false;
  std::array<std::uint64_t, kMostTicks> ticks_{};
  std::size_t tick_count_ = 0;
};

}  // namespace mote::tool
