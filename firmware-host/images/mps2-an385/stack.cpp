#include "stack.h"

#include <cstdint>
#include <span>

extern "C" std::uint32_t mote_stack_bottom[];
extern "C" std::uint32_t mote_stack_top[];

namespace mote::board {

namespace {

constexpr std::uint32_t kPaint = 0xA5A5A5A5;

std::span<std::uint32_t> stack() {
  return {mote_stack_bottom, mote_stack_top};
}

}  // namespace

[[gnu::noinline]] void paint_stack() {
  std::uint32_t* in_use = nullptr;
  asm volatile("mov %0, sp" : "=r"(in_use));
  for (std::uint32_t& word : std::span<std::uint32_t>(mote_stack_bottom, in_use)) {
    // Prevents the compiler from calling memset, whose stack frame would be overwritten.
    asm volatile("" ::: "memory");
    word = kPaint;
  }
}

std::size_t stack_bytes() {
  return stack().size_bytes();
}

std::size_t stack_used_bytes() {
  std::size_t unused = 0;
  for (const std::uint32_t word : stack()) {
    if (word != kPaint) break;
    ++unused;
  }
  return stack_bytes() - unused * sizeof kPaint;
}

}  // namespace mote::board
