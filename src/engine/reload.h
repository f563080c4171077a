// Which limits follow a changed configuration while the engine serves.
#pragma once

#include "engine/limits.h"

namespace mote::engine {

// Takes over from `wanted` what may change while connections are open (LimitRow::reloadable). A line is logged for each
// limit that differs: what it is from now on, or that it waits for a restart.
void take_reloadable(Limits& current, const Limits& wanted);

}  // namespace mote::engine
