// The heap guard for programs linked with heap_guard.cpp: after arm_heap_guard(), every call of malloc() and
// similar functions, including operator new and delete, ends the process with a line on stderr.
#pragma once

namespace mote::invariants {

void arm_heap_guard();
void disarm_heap_guard();

}  // namespace mote::invariants
