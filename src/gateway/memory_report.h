// The memory costs of the limits, in words.
#pragma once

#include <string>

#include "gateway/config.h"

namespace mote::gateway {

// "128 x 1456 B = 182 KiB": the share of one limit in the worst case; empty if it needs no memory.
std::string cost_in_words(const engine::LimitRow& row, const engine::Limits& limits, const engine::EngineSizes& sizes);

// "worst case 1.4 MiB of budget 32 MiB". Effective configuration, as below.
std::string worst_case_in_words(const Config& config, const engine::EngineSizes& sizes);

// One line for the start: the share of each limit, the fixed part, the worst case and the budget.
std::string memory_report(const Config& config, const engine::EngineSizes& sizes);

// The error for a worst case above the budget, and what to change.
std::string over_budget(const Config& config, const engine::EngineSizes& sizes);

// The limit with the largest share.
const engine::LimitRow& largest_cost(const engine::Limits& limits, const engine::EngineSizes& sizes);

// Rounded: "1456 B", "182 KiB", "1.4 MiB".
std::string readable_bytes(std::uint64_t bytes);

}  // namespace mote::gateway
