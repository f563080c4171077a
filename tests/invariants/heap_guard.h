// The heap, which a program linked with heap_guard.cpp can forbid itself: from arm_heap_guard() on every call of malloc() and
// its kin, operator new and delete included, ends the process with a line on stderr.
#pragma once

namespace mote::invariants {

void arm_heap_guard();
void disarm_heap_guard();

}  // namespace mote::invariants
