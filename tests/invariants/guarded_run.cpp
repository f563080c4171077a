// Engine::run() with the heap forbidden, linked into mote-gateway-noheap by ld's --wrap: the product knows nothing of it.
// HEAP_GUARD_BITES in the environment makes it call the heap, to see that the guard is there.
#include <pthread.h>

#include <cstdlib>

#include "engine/lean/engine.h"
#include "invariants/heap_guard.h"

// Volatile, so that the compiler does not leave out what nobody reads.
static void* volatile touched = nullptr;

// The names that --wrap gives to the real function and to the one in its place.
void real_run(mote::lean::Engine& engine) asm("__real__ZN4mote4lean6Engine3runEv");
void wrapped_run(mote::lean::Engine& engine) asm("__wrap__ZN4mote4lean6Engine3runEv");

void wrapped_run(mote::lean::Engine& engine) {
  const bool bites = std::getenv("HEAP_GUARD_BITES") != nullptr;
  // SIGHUP: the configuration is read by a child process, which may.
  pthread_atfork(nullptr, nullptr, mote::invariants::disarm_heap_guard);
  mote::invariants::arm_heap_guard();
  if (bites) touched = std::malloc(1);
  real_run(engine);
  mote::invariants::disarm_heap_guard();
}
