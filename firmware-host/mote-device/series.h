// The course of a run in bounded memory, for the plot: what happened in each of up to kSlots stretches of time. When a run
// outgrows them, stretches become twice as long and two are merged into one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mote::tool {

class Series {
 public:
  static constexpr std::size_t kSlots = 1024;

  // Calls that ended in one stretch.
  struct Slot {
    std::uint64_t sum_us = 0;  // of all answered
    std::uint32_t answered = 0;
    std::uint32_t failed = 0;
    std::uint64_t least_us = 0;
    std::uint64_t most_us = 0;
  };

  // `at_us`: when the call ended, from the start of the run; never less than before.
  void add_answer(std::uint64_t at_us, std::uint64_t took_us);
  void add_failure(std::uint64_t at_us);

  [[nodiscard]] std::span<const Slot> slots() const { return std::span(slots_).first(used_); }
  // The length of a stretch; the first begins at 0.
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
