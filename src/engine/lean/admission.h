// The queue of calls whose message waits for memory (StreamCall::admit()).
#pragma once

#include "engine/lean/core.h"

namespace mote::lean {

// Admits each waiting message for which memory is free, in the order of arrival. A call whose connection is at its own
// limit does not block the others. Runs once per turn of the loop, and decompresses turn-bytes and one message at most.
void admit_waiting_messages(Core& core);
inline void admit_messages(Core& core) {
  if (!core.for_memory.empty()) admit_waiting_messages(core);
}

}  // namespace mote::lean
