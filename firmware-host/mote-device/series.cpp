#include "mote-device/series.h"

#include <algorithm>

namespace mote::tool {
namespace {

Series::Slot merged(const Series::Slot& a, const Series::Slot& b) {
  if (a.answered == 0 && a.failed == 0) return b;
  Series::Slot both = a;
  both.failed += b.failed;
  if (b.answered == 0) return both;
  both.least_us = a.answered == 0 ? b.least_us : std::min(a.least_us, b.least_us);
  both.most_us = std::max(a.most_us, b.most_us);
  both.sum_us += b.sum_us;
  both.answered += b.answered;
  return both;
}

}  // namespace

void Series::halve() {
  for (std::size_t i = 0; i < kSlots / 2; ++i)
    slots_[i] = merged(slots_[2 * i], slots_[2 * i + 1]);
  std::fill(slots_.begin() + kSlots / 2, slots_.end(), Slot{});
  used_ = (used_ + 1) / 2;
  slot_us_ *= 2;
}

Series::Slot& Series::slot_at(std::uint64_t at_us) {
  while (at_us / slot_us_ >= kSlots)
    halve();
  const auto index = static_cast<std::size_t>(at_us / slot_us_);
  used_ = std::max(used_, index + 1);
  return slots_[index];
}

void Series::add_answer(std::uint64_t at_us, std::uint64_t took_us) {
  Slot& slot = slot_at(at_us);
  slot = merged(slot, {.sum_us = took_us, .answered = 1, .failed = 0, .least_us = took_us, .most_us = took_us});
}

void Series::add_failure(std::uint64_t at_us) {
  ++slot_at(at_us).failed;
}

}  // namespace mote::tool
