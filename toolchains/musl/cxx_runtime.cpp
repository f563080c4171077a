// The runtime functions that compiled C++ without exceptions needs, for programs without libstdc++: the heap,
// and functions that print an error on stderr and abort.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

[[noreturn]] void die(const char* why) {
  std::fputs(why, stderr);
  std::fputs("\n", stderr);
  std::abort();
}

std::new_handler on_exhaustion = nullptr;

// Calls the handler until there is memory, or null without one ([new.delete.single]).
void* allocate(std::size_t size) {
  while (true) {
    void* const memory = std::malloc(size == 0 ? 1 : size);
    if (memory != nullptr || on_exhaustion == nullptr) return memory;
    on_exhaustion();
  }
}

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = allocate(size);
  if (memory == nullptr) die("out of memory");
  return memory;
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void* operator new(std::size_t size, const std::nothrow_t& /*unused*/) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*unused*/) noexcept {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t& /*unused*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t& /*unused*/) noexcept {
  std::free(memory);
}

// The headers of libstdc++ call these instead of throwing an exception.
namespace std {
const nothrow_t nothrow{};
new_handler set_new_handler(new_handler handler) noexcept {
  const new_handler before = on_exhaustion;
  on_exhaustion = handler;
  return before;
}
[[noreturn]] void __throw_bad_alloc() {
  die("bad_alloc");
}
[[noreturn]] void __throw_bad_array_new_length() {
  die("bad_array_new_length");
}
[[noreturn]] void __throw_bad_function_call() {
  die("bad_function_call");
}
[[noreturn]] void __throw_length_error(const char* what) {
  die(what);
}
[[noreturn]] void __throw_logic_error(const char* what) {
  die(what);
}
[[noreturn]] void __throw_out_of_range(const char* what) {
  die(what);
}
[[noreturn]] void __throw_out_of_range_fmt(const char* format, ...) {
  die(format);
}
}  // namespace std

// Compiled code calls these.
extern "C" {
[[noreturn]] void __cxa_pure_virtual() {
  die("pure virtual function called");
}
// Identifies the object of a destructor at exit; a static program has one object.
[[gnu::visibility("hidden")]] void* __dso_handle = nullptr;
}
