// Marks the memory of released objects for AddressSanitizer, so that a later use ends the process, as for memory of the heap.
// Without AddressSanitizer these functions do nothing.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define MOTE_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MOTE_POISONS 1
#endif
#endif

#ifdef MOTE_POISONS
#include <sanitizer/asan_interface.h>
#endif

namespace mote::lean {

inline void poison([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size_bytes) {
#ifdef MOTE_POISONS
  ASAN_POISON_MEMORY_REGION(memory, size_bytes);
#endif
}

inline void unpoison([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size_bytes) {
#ifdef MOTE_POISONS
  ASAN_UNPOISON_MEMORY_REGION(memory, size_bytes);
#endif
}

}  // namespace mote::lean
