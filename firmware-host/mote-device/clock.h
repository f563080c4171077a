// The two clocks, in microseconds.
#pragma once

#include <cstdint>

namespace mote::tool {

// Never jumps: what round trips are measured with.
std::uint64_t steady_us();
// Since 1970; jumps when somebody sets it. What the gateway's timing is compared with.
std::int64_t wall_us();

}  // namespace mote::tool
