// The results of a run over time, in bounded memory, for the plot: one slot for each interval of time, up to kSlots. If a
// run needs more slots, intervals become twice as long and pairs of slots are merged.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mote::tool {

class Series {
 public:
  static constexpr std::size_t kSlots = 1024;

  // The calls that ended in one interval.
  struct Slot {
    std::uint64_t sum_us = 0;  // the sum of all answered calls
    std::uint32_t answered = 0;
    std::uint32_t failed = 0;
    std::uint64_t least_us = 0;
    std::uint64_t most_us = 0;
  };

  // `at_us`: the end of the call, from the start of the run; must not decrease.
  void add_answer(std::uint64_t at_us, std::uint64_t took_us);
  void add_failure(std::uint64_t at_us);

  [[nodiscard]] std::span<const Slot> slots() const { return std::span(slots_).first(used_); }
  // The length of an interval; the first one begins at 0.
  [[nodiscard]] std::uint64_t slot_us() const { return slot_us_; }

 private:
  static constexpr std::uint64_t kFirstSlotUs = 250;

  Slot& slot_at(std::uint64_t at_us);
  void halve();

  std::array<Slot, kSlots> slots_{};
  std::size_t used_ = 0;
  std::uint64_t slot_us_ = kFirstSlotUs;
};

}  // namespace mote::tool
