// How min-progress-bytes extends a timeout: a peer that keeps to the rate never reaches it, and one that is slower does, however
// often it sends or reads a byte.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/limits.h"
#include "mote/rpc/call.h"

namespace mote::lean {

// The new end of a timeout of length `timeout` that ends at `due`, now that `bytes` more have moved: later by the time that they
// take at the rate, and at most `timeout` from `now`.
inline rpc::Time extended(rpc::Time due, std::uint64_t bytes, rpc::Time timeout, const engine::Limits& limits,
                          rpc::Time now) {
  constexpr std::uint64_t kSecond = 1'000'000;
  const rpc::Time earned(static_cast<rpc::Time::rep>(bytes * kSecond / limits.min_progress_bytes));
  return std::min(due + earned, now + timeout);
}

}  // namespace mote::lean
