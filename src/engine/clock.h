// The clocks.
#pragma once

#include <cstdint>

#include "mote/rpc/call.h"

namespace mote::engine {

// Monotonic; the clock of timers and rpc::Call::now().
rpc::Time steady_clock();
// The processor time of this thread.
rpc::Time processor_time();
// Unix time in microseconds; jumps when the clock is set.
std::uint64_t wall_clock_us();

}  // namespace mote::engine
