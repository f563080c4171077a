// The queue of calls whose message waits for memory (StreamCall::admit()).
#pragma once

#include "engine/lean/core.h"

namespace mote::lean {

// Lets in what there is memory for, in the order in which the calls came; one whose connection is at its own limit does
// not hold up the others. Once a turn of the loop.
void admit_messages(Core& core);

}  // namespace mote::lean
