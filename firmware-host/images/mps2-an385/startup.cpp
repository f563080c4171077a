// The code from reset to mote_main(), and the fault handler.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "board.h"
#include "semihosting.h"
#include "stack.h"

extern "C" {

// Symbols of image.ld; their addresses are the values.
extern std::uint32_t mote_stack_top[];
extern std::uint32_t mote_data_begin[];
extern std::uint32_t mote_data_end[];
extern std::uint32_t mote_data_image[];
extern std::uint32_t mote_bss_begin[];
extern std::uint32_t mote_bss_end[];

// The main function of an image. Returns the exit code.
int mote_main();

[[noreturn]] void mote_reset() {
  mote::board::paint_stack();
  const std::span<std::uint32_t> data(mote_data_begin, mote_data_end);
  std::memcpy(data.data(), mote_data_image, data.size_bytes());
  const std::span<std::uint32_t> bss(mote_bss_begin, mote_bss_end);
  std::memset(bss.data(), 0, bss.size_bytes());
  mote::board::exit(mote_main());
}

[[noreturn, gnu::used]] void mote_hard_fault() {
  mote::board::write("HardFault\n");
  mote::board::exit(mote::board::kHardFaultExit);
}

// Every fault ends here, because no other fault handler is enabled (ARMv7-M B1.5.14). The stack may be invalid, so the
// handler starts a new one.
[[gnu::naked]] void mote_fault() {
  asm volatile(
      "movw r0, #:lower16:mote_stack_top\n"
      "movt r0, #:upper16:mote_stack_top\n"
      "mov sp, r0\n"
      "b mote_hard_fault\n");
}

// clock.cpp
void mote_on_tick();

}  // extern "C"

namespace {

// ARMv7-M B1.5.3: the first word is the stack pointer, then one handler for each exception number. Interrupts start at 16;
// image.ld puts the handlers of the image's devices after these.
struct VectorTable {
  std::uint32_t* stack_top;
  mote::board::Handler exceptions[15];
};

[[gnu::section(".vectors"), gnu::used]] const VectorTable kVectors = {
    mote_stack_top,
    {mote_reset, mote_fault, mote_fault, mote_fault, mote_fault, mote_fault, nullptr, nullptr, nullptr, nullptr,
     mote_fault, mote_fault, nullptr, mote_fault, mote_on_tick},
};

}  // namespace
