// From reset to mote_main(), and what happens when the processor meets a fault.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "board.h"
#include "semihosting.h"
#include "stack.h"

extern "C" {

// From image.ld; their addresses are what they say.
extern std::uint32_t mote_stack_top[];
extern std::uint32_t mote_data_begin[];
extern std::uint32_t mote_data_end[];
extern std::uint32_t mote_data_image[];
extern std::uint32_t mote_bss_begin[];
extern std::uint32_t mote_bss_end[];

// What an image is for; its return value is the exit code.
int mote_main();

[[noreturn]] void mote_reset() {
  mote::board::paint_stack();
  const std::span<std::uint32_t> data(mote_data_begin, mote_data_end);
  std::ranges::copy(std::span<const std::uint32_t>(mote_data_image, data.size()), data.begin());
  std::ranges::fill(std::span<std::uint32_t>(mote_bss_begin, mote_bss_end), 0);
  mote::board::exit(mote_main());
}

[[noreturn, gnu::used]] void mote_hard_fault() {
  mote::board::write("HardFault\n");
  mote::board::exit(mote::board::kHardFaultExit);
}

// Every fault ends here, as no other fault handler is enabled (ARMv7-M B1.5.14). The stack may be what is broken, so a
// fresh one is taken.
[[gnu::naked]] void mote_fault() {
  asm volatile(
      "movw r0, #:lower16:mote_stack_top\n"
      "movt r0, #:upper16:mote_stack_top\n"
      "mov sp, r0\n"
      "b mote_hard_fault\n");
}

// An image defines those of the devices that it drives.
[[gnu::weak, gnu::nothrow, gnu::alias("mote_fault")]] void mote_on_tick();
[[gnu::weak, gnu::nothrow, gnu::alias("mote_fault")]] void mote_on_uart_receive();
[[gnu::weak, gnu::nothrow, gnu::alias("mote_fault")]] void mote_on_uart_transmit();
[[gnu::weak, gnu::nothrow, gnu::alias("mote_fault")]] void mote_on_ethernet();

}  // extern "C"

namespace {

using Handler = void (*)();

// ARMv7-M B1.5.3: the first word is the stack pointer, then one handler for each exception number, interrupts from 16 on.
struct VectorTable {
  std::uint32_t* stack_top;
  Handler exceptions[15];
  Handler interrupts[mote::board::kInterruptCount];
};

[[gnu::section(".vectors"), gnu::used]] const VectorTable kVectors = {
    mote_stack_top,
    {mote_reset, mote_fault, mote_fault, mote_fault, mote_fault, mote_fault, nullptr, nullptr, nullptr, nullptr,
     mote_fault, mote_fault, nullptr, mote_fault, mote_on_tick},
    {mote_on_uart_receive, mote_on_uart_transmit, mote_fault, mote_fault, mote_fault, mote_fault, mote_fault,
     mote_fault, mote_fault, mote_fault, mote_fault, mote_fault, mote_fault, mote_on_ethernet},
};

}  // namespace
