// Applies a changed configuration to the limits of a running engine.
#pragma once

#include "engine/limits.h"

namespace mote::engine {

// Copies from `wanted` the limits that may change while connections are open (LimitRow::reloadable). Logs a line for each
// limit that differs: its new value, or that it needs a restart.
void take_reloadable(Limits& current, const Limits& wanted);

}  // namespace mote::engine
