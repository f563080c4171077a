#include "mote-device/axis.h"

#include <algorithm>
#include <cmath>

#include "mote-device/bars.h"

namespace mote::tool {
namespace {

constexpr std::uint64_t kSteps = 5;
// If the greatest value is this many times the typical one, a linear scale would show typical values at the bottom.
constexpr std::uint64_t kFarApart = 8;
// Three decades of 1, 2 and 5 have ten ticks. Longer axes have ticks only at powers of ten.
constexpr double kDecadesInThirds = 3.5;

// The next value of 1, 2, 5, 10, 20, 50...
std::uint64_t after(std::uint64_t round) {
  return round_step(round + 1);
}

// The largest value of 1, 2, 5, 10... that is at most `value`. `value` must not be 0.
std::uint64_t at_most(std::uint64_t value) {
  std::uint64_t round = 1;
  while (after(round) <= value)
    round = after(round);
  return round;
}

bool is_power_of_ten(std::uint64_t value) {
  while (value % 10 == 0)
    value /= 10;
  return value == 1;
}

}  // namespace

void Axis::add_tick(std::uint64_t value) {
  if (tick_count_ < ticks_.size()) ticks_[tick_count_++] = value;
}

Axis Axis::linear(std::uint64_t low, std::uint64_t high, std::uint64_t step) {
  Axis axis;
  axis.low_ = low;
  axis.high_ = std::max(high, low + 1);
  for (std::uint64_t tick = (low + step - 1) / step * step; tick <= axis.high_; tick += step)
    axis.add_tick(tick);
  return axis;
}

Axis Axis::logarithmic(std::uint64_t low, std::uint64_t high) {
  Axis axis;
  axis.logarithmic_ = true;
  axis.low_ = low;
  axis.high_ = high;
  const bool thirds = std::log10(static_cast<double>(high) / static_cast<double>(low)) <= kDecadesInThirds;
  for (std::uint64_t tick = low; tick <= high; tick = after(tick)) {
    if (thirds || is_power_of_ten(tick)) axis.add_tick(tick);
  }
  return axis;
}

Axis Axis::of_values(std::uint64_t least, std::uint64_t typical, std::uint64_t most) {
  const std::uint64_t floor = std::max<std::uint64_t>(least, 1);
  if (most > kFarApart * std::max<std::uint64_t>(typical, 1)) return logarithmic(at_most(floor), round_step(most));
  const bool close = most - least < least / 2;
  const std::uint64_t step = round_step(std::max<std::uint64_t>((close ? most - least : most) / kSteps, 1));
  return linear(close ? least / step * step : 0, (most / step + 1) * step, step);
}

Axis Axis::of_time(std::uint64_t most) {
  return linear(0, most, round_step(std::max<std::uint64_t>(most / kSteps, 1)));
}

double Axis::place(std::uint64_t value) const {
  const auto low = static_cast<double>(low_);
  const auto high = static_cast<double>(high_);
  const auto clamped = static_cast<double>(std::clamp(value, low_, high_));
  return logarithmic_ ? std::log(clamped / low) / std::log(high / low) : (clamped - low) / (high - low);
}

std::uint64_t Axis::value(double place) const {
  const auto low = static_cast<double>(low_);
  const auto high = static_cast<double>(high_);
  return static_cast<std::uint64_t>(logarithmic_ ? low * std::pow(high / low, place) : low + (high - low) * place);
}

}  // namespace mote::tool
