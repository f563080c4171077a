// The monotonic clock and the wall clock, in microseconds.
#pragma once

#include <cstdint>

namespace mote::tool {

// Monotonic: for round trips.
std::uint64_t steady_us();
// Unix time, which may jump: for comparison with the gateway's timing.
std::int64_t wall_us();

}  // namespace mote::tool
