// Definitions in the program replace those of the C library, also for calls inside the library.
#include "invariants/heap_guard.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string_view>

// The names of these functions in the C library.
extern "C" {
void* libc_malloc(std::size_t size) asm("__libc_malloc");
void* libc_calloc(std::size_t count, std::size_t size) asm("__libc_calloc");
void* libc_realloc(void* memory, std::size_t size) asm("__libc_realloc");
void* libc_memalign(std::size_t alignment, std::size_t size) asm("__libc_memalign");
void libc_free(void* memory) asm("__libc_free");
}

namespace {

bool armed = false;

void check(std::string_view function) {
  if (!armed) return;
  armed = false;
  for (const std::string_view text :
       {std::string_view("heap guard: "), function, std::string_view(" while serving\n")}) {
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) break;
  }
  std::abort();
}

}  // namespace

namespace mote::invariants {

void arm_heap_guard() {
  armed = true;
}

void disarm_heap_guard() {
  armed = false;
}

}  // namespace mote::invariants

extern "C" {

void* malloc(std::size_t size) {
  check("malloc");
  return libc_malloc(size);
}

void* calloc(std::size_t nmemb, std::size_t size) {
  check("calloc");
  return libc_calloc(nmemb, size);
}

void* realloc(void* ptr, std::size_t size) {
  check("realloc");
  return libc_realloc(ptr, size);
}

void free(void* ptr) {
  check("free");
  libc_free(ptr);
}

void* memalign(std::size_t alignment, std::size_t size) {
  check("memalign");
  return libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  check("aligned_alloc");
  return libc_memalign(alignment, size);
}

int posix_memalign(void** memptr, std::size_t alignment, std::size_t size) {
  check("posix_memalign");
  *memptr = libc_memalign(alignment, size);
  return *memptr == nullptr ? ENOMEM : 0;
}
}
