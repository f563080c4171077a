#include "clock.h"

#include "board.h"

namespace mote::board {

namespace {

struct SysTick {
  volatile std::uint32_t control;
  volatile std::uint32_t reload;
  volatile std::uint32_t current;
};
constexpr std::uint32_t kEnable = 1;
constexpr std::uint32_t kInterruptAtZero = 2;
constexpr std::uint32_t kProcessorClock = 4;

// Written by the handler only, and a load of a word is one instruction.
volatile std::uint32_t ticks = 0;

}  // namespace

void start_clock() {
  auto& systick = registers_at<SysTick>(0xE000E010);
  systick.reload = kProcessorHz / 1000 - 1;
  systick.current = 0;
  systick.control = kEnable | kInterruptAtZero | kProcessorClock;
}

std::uint32_t now_ms() {
  return ticks;
}

}  // namespace mote::board

extern "C" void mote_on_tick() {
  mote::board::ticks = mote::board::ticks + 1;
}
