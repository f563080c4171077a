// The clock of the image: SysTick (ARMv7-M B3.3) counts milliseconds.
#pragma once

#include <cstdint>

namespace mote::board {

void start_clock();

// Since start_clock(). Wraps after 49 days.
[[nodiscard]] std::uint32_t now_ms();

}  // namespace mote::board
