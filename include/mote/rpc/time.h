// Time, as services and engines count it.
#pragma once

#include <chrono>

namespace mote::rpc {

// Time of a monotonic clock with an arbitrary origin.
using Time = std::chrono::microseconds;

}  // namespace mote::rpc
