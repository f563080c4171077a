// The two clocks.
#pragma once

#include <cstdint>

#include "mote/rpc/call.h"

namespace mote::engine {

// Never jumps; what timers and rpc::Call::now() count in.
rpc::Time steady_clock();
// Unix microseconds; jumps when somebody sets it.
std::uint64_t wall_clock_us();

}  // namespace mote::engine
