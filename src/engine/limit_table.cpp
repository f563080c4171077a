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
constexpr std::array<LimitSource, kLimitCount> joined(const std::array<LimitSource, Sizes>&... sections) {
  static_assert((Sizes + ...) == kLimitCount, "each limit has one row");
  std::array<LimitSource, kLimitCount> all{};
  auto* next = all.begin();
  ((next = std::copy(sections.begin(), sections.end(), next)), ...);
  return all;
}

struct Table {
  std::array<LimitRow, kLimitCount> rows{};
  TextPool texts;
};

consteval Table make_table() {
  Table table;
  const auto text = [&table](std::string_view source) { return LimitText(table.texts.add(source)); };
  std::size_t count = 0;
  for (const LimitSource& row : joined(kConnectionLimits, kMemoryLimits, kFloodLimits, kTimeLimits, kHttpLimits)) {
    table.rows.at(count++) = {.id = row.id,
                              .name = text(row.name),
                              .unit = row.unit,
                              .min = row.min,
                              .max = row.max,
                              .zero = row.zero,
                              .bounds = text(row.bounds),
                              .answer = text(row.answer),
                              .counter = text(row.counter),
                              .reloadable = row.reloadable,
                              .routine = row.routine,
                              .cost_text = text(row.cost_text.empty() ? "none" : row.cost_text),
                              .cost = row.cost,
                              .field = row.field};
  }
  return table;
}

constexpr Table kMade = make_table();
constexpr std::array<LimitRow, kLimitCount> kRows = kMade.rows;
constexpr auto kTexts = kMade.texts.exact<kMade.texts.all().size()>();

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].id != static_cast<LimitId>(i)) return false;
  }
  return true;
}
static_assert(in_order(), "limit_row() finds a row by its number");

}  // namespace

std::string_view LimitText::view() const {
  return place_.in({kTexts.data(), kTexts.size()});
}

std::span<const LimitRow, kLimitCount> limit_table() {
  return kRows;
}

const LimitRow& limit_row(LimitId id) {
  return kRows[static_cast<std::size_t>(id)];
}

}  // namespace mote::engine
