// Runs Engine::run() with the heap guard armed. ld's --wrap links it into mote-gateway-noheap; the product is unchanged.
// HEAP_GUARD_TRIGGER in the environment makes it call the heap, to test the guard.
#include <pthread.h>

#include <cstdlib>

#include "engine/lean/engine.h"
#include "invariants/heap_guard.h"

// Volatile, so that the compiler does not remove the unused allocation.
static void* volatile touched = nullptr;

// The names that --wrap gives to the real function and to its replacement.
void real_run(mote::lean::Engine& engine) asm("__real__ZN4mote4lean6Engine3runEv");
void wrapped_run(mote::lean::Engine& engine) asm("__wrap__ZN4mote4lean6Engine3runEv");

void wrapped_run(mote::lean::Engine& engine) {
  const bool trigger = std::getenv("HEAP_GUARD_TRIGGER") != nullptr;
  // SIGHUP: a child process reads the configuration and may use the heap.
  pthread_atfork(nullptr, nullptr, mote::invariants::disarm_heap_guard);
  mote::invariants::arm_heap_guard();
  if (trigger) touched = std::malloc(1);
  real_run(engine);
  mote::invariants::disarm_heap_guard();
}
