// The clock of the image: a counter of the board (AN385, "FPGA system control and I/O") that milliseconds are read from.
// SysTick (ARMv7-M B3.3) wakes the processor each millisecond, so that waiting ends in time. Its interrupts are not what is
// counted, because one that comes before the last was taken is lost: QEMU on a busy machine loses two of three.
#pragma once

#include <cstdint>

namespace mote::board {

void start_clock();

// Since start_clock(). Wraps after 49 days.
[[nodiscard]] std::uint32_t now_ms();

}  // namespace mote::board
