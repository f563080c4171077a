// What `mote-device top` shows of a gateway's /stats.json, as lines of text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "mote-device/json_view.h"

namespace mote::tool {

// The size of a terminal, and whether its control sequences are used.
struct TopScreen {
  std::size_t columns = SIZE_MAX;
  std::size_t rows = SIZE_MAX;
  bool draws = false;
};

class TopView {
 public:
  // Writes the numbers. Rates are those since the last call with other numbers; since the start of the gateway at first.
  void put(JsonView stats, const TopScreen& screen, std::FILE* out);
  // Remembers the numbers for the next rates.
  void remember(JsonView stats);

 private:
  static constexpr std::size_t kMostMethods = 64;

  struct Counts {
    std::uint64_t at_us = 0;  // Since the start of the gateway.
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t cpu_us = 0;
    std::array<std::uint64_t, kMostMethods> methods{};
  };
  static Counts counts_of(JsonView stats);

  Counts before_{};
};

}  // namespace mote::tool
