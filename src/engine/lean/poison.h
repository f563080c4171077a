// Marks the memory of released objects for AddressSanitizer, so that a later use ends the process, as for memory of the heap.
// Without AddressSanitizer these functions do nothing.
#pragma once

#include <cstddef>

#include "bytes/address_sanitizer.h"

#if MOTE_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace mote::lean {

inline void poison([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size_bytes) {
#if MOTE_ADDRESS_SANITIZER
  ASAN_POISON_MEMORY_REGION(memory, size_bytes);
#endif
}

inline void unpoison([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size_bytes) {
#if MOTE_ADDRESS_SANITIZER
  ASAN_UNPOISON_MEMORY_REGION(memory, size_bytes);
#endif
}

}  // namespace mote::lean
