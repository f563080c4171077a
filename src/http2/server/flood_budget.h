// What a peer may do without making progress before its connection is closed (RFC 9113 10.5). ConnectionLimits has the limits,
// provoked_frames.h has what is free because we caused it. The limit on CONTINUATION frames is in continuation.cpp.
#pragma once

#include "http2/budget.h"
#include "http2/server/connection_limits.h"

namespace mote::http2 {

struct FloodBudget {
  explicit FloodBudget(const ConnectionLimits& limits)
      : resets(limits.reset_budget), refusals(limits.free_refusals), idle_frames(limits.idle_frame_budget) {}

  Budget resets;
  Budget refusals;
  Budget idle_frames;
};

}  // namespace mote::http2
