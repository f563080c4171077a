#include <algorithm>

#include "engine/connection_limits.h"
#include "engine/flood_limits.h"
#include "engine/http_limits.h"
#include "engine/limit_row.h"
#include "engine/memory_limits.h"
#include "engine/time_limits.h"

namespace mote::engine {
namespace {

template <std::size_t... Sizes>
constexpr std::array<LimitRow, kLimitCount> joined(const std::array<LimitRow, Sizes>&... sections) {
  static_assert((Sizes + ...) == kLimitCount, "each limit has one row");
  std::array<LimitRow, kLimitCount> all{};
  auto* next = all.begin();
  ((next = std::copy(sections.begin(), sections.end(), next)), ...);
  return all;
}

constexpr std::array<LimitRow, kLimitCount> kTable =
    joined(kConnectionLimits, kMemoryLimits, kFloodLimits, kTimeLimits, kHttpLimits);

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (kTable[i].id != static_cast<LimitId>(i)) return false;
  }
  return true;
}
static_assert(in_order(), "limit_row() finds a row by its number");

}  // namespace

std::span<const LimitRow, kLimitCount> limit_table() {
  return kTable;
}

const LimitRow& limit_row(LimitId id) {
  return kTable[static_cast<std::size_t>(id)];
}

}  // namespace mote::engine
