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

struct SystemIo {
  volatile std::uint32_t unused[6];
  volatile std::uint32_t counter;  // Offset 0x18: incremented when the prescaler reaches zero.
  volatile std::uint32_t prescale;
};

SystemIo& system_io() {
  return registers_at<SystemIo>(0x40028000);
}

}  // namespace

void start_clock() {
  system_io().prescale = kProcessorHz / 1000 - 1;
  auto& systick = registers_at<SysTick>(0xE000E010);
  systick.reload = kProcessorHz / 1000 - 1;
  systick.current = 0;
  systick.control = kEnable | kInterruptAtZero | kProcessorClock;
}

std::uint32_t now_ms() {
  return system_io().counter;
}

}  // namespace mote::board

// The interrupt only wakes the processor.
extern "C" void mote_on_tick() {
}
