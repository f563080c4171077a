// The clock of the image, in milliseconds, from a counter of the board (AN385, "FPGA system control and I/O").
// SysTick (ARMv7-M B3.3) wakes the processor every millisecond, so that waits end in time. The clock does not count its
// interrupts, because an interrupt is lost while the previous one is pending: QEMU on a busy machine loses two of three.
#pragma once

#include <cstdint>

namespace mote::board {

void start_clock();

// The time since start_clock(). Wraps after 49 days.
[[nodiscard]] std::uint32_t now_ms();

}  // namespace mote::board
