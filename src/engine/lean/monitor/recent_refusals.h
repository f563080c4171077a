// The last refusals, for a person who looks at the status page: which limit, whose address, how often.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/fixed_text.h"
#include "engine/lean/timer_heap.h"

namespace mote::lean {

inline constexpr std::size_t kRecentRefusals = 16;

struct Refusal {
  Time at{};              // Of the last one.
  std::string_view name;  // Of the limit; lives as long as the program. Empty: the place is free.
  std::uint64_t count = 0;
  engine::FixedText<64> peer;  // The first one's; long addresses are cut.
};

class RecentRefusals {
 public:
  // kRecentRefusals places; uninitialised.
  explicit RecentRefusals(std::span<Refusal> places);

  // A refusal of the same name in the last second: only counts. So a flood of refusals costs no addresses, which are a system call
  // each, and leaves the others in place. Returns the place whose peer the caller fills in, or nullptr.
  Refusal* note(std::string_view name, Time now);

  // The newest comes first. nullptr: there are no more.
  [[nodiscard]] const Refusal* newest(std::size_t index) const;

 private:
  std::span<Refusal> places_;
  std::size_t next_ = 0;
};

}  // namespace mote::lean
