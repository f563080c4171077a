// Makes one allocation fail: the one with the number HEAP_FAULT_AT (an environment variable), counted from 1. It then writes
// "heap fault" to standard error; without this line, there were fewer allocations. Definitions in the program replace those of
// the C library.
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

// The names of these functions in the C library.
extern "C" {
void* libc_malloc(std::size_t size) asm("__libc_malloc");
void* libc_calloc(std::size_t count, std::size_t size) asm("__libc_calloc");
void* libc_realloc(void* memory, std::size_t size) asm("__libc_realloc");
void* libc_memalign(std::size_t alignment, std::size_t size) asm("__libc_memalign");
}

namespace {

constexpr long kUnread = -1;
long left = kUnread;

bool fails() {
  if (left == kUnread) {
    const char* at = std::getenv("HEAP_FAULT_AT");
    left = at == nullptr ? 0 : std::strtol(at, nullptr, 10);
  }
  if (left == 0 || --left != 0) return false;
  constexpr char kText[] = "heap fault\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText, sizeof(kText) - 1);
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  return fails() ? nullptr : libc_malloc(size);
}

void* calloc(std::size_t nmemb, std::size_t size) {
  return fails() ? nullptr : libc_calloc(nmemb, size);
}

void* realloc(void* ptr, std::size_t size) {
  return fails() ? nullptr : libc_realloc(ptr, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  return fails() ? nullptr : libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void** memptr, std::size_t alignment, std::size_t size) {
  void* memory = memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *memptr = memory;
  return 0;
}
}
