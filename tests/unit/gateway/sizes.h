// Sizes of an engine that does not exist, so that sums can be worked out by hand.
#pragma once

#include "engine/limits.h"

inline constexpr mote::engine::EngineSizes kSizes{
    .connection = 1456, .call = 600, .block = 4080, .block_overhead = 16, .fixed = 2000};
