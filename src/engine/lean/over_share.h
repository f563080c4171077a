// Takes calls and memory back from addresses above their quarter (address_table.h) while others need them.
#pragma once

#include "engine/lean/core.h"

namespace mote::lean {

// Runs once per turn of the loop, after all events. Ends calls of the address that holds most until an eighth of max-streams is
// free; and calls that hold memory, until an eighth of buffer-bytes is free and the first message that waits for memory, of an
// address within its quarter, has what it needs. A call is ended only after kSettledCall or kSettledMemory. However many connections
// the address has, one turn compares 64 for each of 16 calls at most. Returns when it should run again at the latest.
Time end_over_share_of_several(Core& core);
inline Time end_over_share(Core& core) {
  return core.addresses.alone() ? kNever : end_over_share_of_several(core);
}

// A younger call may be over in a moment.
inline constexpr Time kSettledCall = std::chrono::milliseconds(20);
// What a lawful call needs to send a message or to read a reply, on most links. When others have waited for so long, or wait again
// within kWaitsAgain, kSettledCall replaces it: otherwise an address that takes the memory again and again makes each message wait.
inline constexpr Time kSettledMemory = std::chrono::seconds(1);
inline constexpr Time kWaitsAgain = std::chrono::seconds(10);

}  // namespace mote::lean
