#include "gateway/memory_report.h"

#include <algorithm>

#include "engine/concat.h"

namespace mote::gateway {

using engine::Cost;
using engine::EngineSizes;
using engine::LimitRow;
using engine::Limits;

std::string cost_in_words(const LimitRow& row, const Limits& limits, const EngineSizes& sizes) {
  const Cost cost = row.cost_of(limits, sizes);
  if (cost.bytes() == 0) return {};
  std::string total = readable_bytes(cost.bytes());
  if (cost.count == 1) return total;
  return engine::concat({engine::digits(cost.count), " x ", engine::digits(cost.each), " B = ", total});
}

std::string worst_case_in_words(const Config& config, const EngineSizes& sizes) {
  const std::uint64_t worst = engine::worst_case_bytes(config.limits, sizes);
  return engine::concat({"worst case ", readable_bytes(worst), " of budget ", readable_bytes(config.memory_budget)});
}

std::string memory_report(const Config& config, const EngineSizes& sizes) {
  std::string report = "memory: ";
  for (const LimitRow& row : engine::limit_table()) {
    const std::string share = cost_in_words(row, config.limits, sizes);
    if (!share.empty()) report += engine::concat({row.name, " ", share, ", "});
  }
  return engine::concat({report, "fixed ", readable_bytes(engine::fixed_bytes(config.limits, sizes)), "; ",
                         worst_case_in_words(config, sizes)});
}

std::string over_budget(const Config& config, const EngineSizes& sizes) {
  const std::uint64_t worst = engine::worst_case_bytes(config.limits, sizes);
  const LimitRow& largest = largest_cost(config.limits, sizes);
  // Rounded, both could look equal.
  return engine::concat({"the worst case of the limits needs ", engine::digits(worst),
                         " bytes of memory, memory-budget is ", engine::digits(config.memory_budget),
                         ": raise memory-budget or lower limits, the largest share is ", largest.name, " ",
                         cost_in_words(largest, config.limits, sizes)});
}

const LimitRow& largest_cost(const Limits& limits, const EngineSizes& sizes) {
  const auto cheaper = [&](const LimitRow& a, const LimitRow& b) {
    return a.cost_of(limits, sizes).bytes() < b.cost_of(limits, sizes).bytes();
  };
  return *std::max_element(engine::limit_table().begin(), engine::limit_table().end(), cheaper);
}

std::string readable_bytes(std::uint64_t bytes) {
  constexpr std::uint64_t kKiB = 1024;
  constexpr std::uint64_t kMiB = 1024 * kKiB;
  if (bytes < 10 * kKiB) return engine::concat({engine::digits(bytes), " B"});
  if (bytes < kMiB) return engine::concat({engine::digits((bytes + kKiB / 2) / kKiB), " KiB"});
  const std::uint64_t tenths = bytes / kMiB * 10 + (bytes % kMiB * 10 + kMiB / 2) / kMiB;
  constexpr std::string_view kTenths = ".1.2.3.4.5.6.7.8.9";
  const auto digit = static_cast<std::size_t>(tenths % 10);
  return engine::concat({engine::digits(tenths / 10), digit == 0 ? "" : kTenths.substr(2 * digit - 2, 2), " MiB"});
}

}  // namespace mote::gateway
