// Tests that the canary that compiled code compares is the random canary of musl (toolchains/linux-musl.cmake).
#include <cstdint>
#include <cstdio>
#include <cstring>

extern "C" std::uintptr_t __stack_chk_guard;

int main() {
  std::uintptr_t canary = 0;
  std::memcpy(&canary, static_cast<const char*>(__builtin_thread_pointer()) + MOTE_CANARY_OFFSET, sizeof(canary));
  if (canary == __stack_chk_guard && canary != 0) return 0;
  std::fprintf(stderr, "the canary is %zx, but musl's is %zx\n", canary, __stack_chk_guard);
  return 1;
}
