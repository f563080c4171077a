// Makes limits that are reached visible in the log: the first time that a limit is hit and every thousandth time, with the
// address of the peer.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/limits.h"

namespace mote::engine {

// Whether the hit is logged that makes the counter of a limit `count`.
[[nodiscard]] constexpr bool logs_limit(std::uint64_t count) {
  constexpr std::uint64_t kEvery = 1000;
  return count == 1 || count % kEvery == 0;
}

// `level=warn event=limit-reached name=max-streams streams_refused=1 peer=127.0.0.1:4711`. Limits that every peer may
// reach (LimitRow::routine) are logged as Info. An empty `peer` is left out.
void log_limit(LimitId id, std::uint64_t count, std::string_view peer);

// For SIGUSR1: a line for each limit that was hit, and one for lines of the log that were lost.
void report_limits(const Counters& counters);

}  // namespace mote::engine
