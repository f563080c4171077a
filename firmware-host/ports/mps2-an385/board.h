// Arm's MPS2 board with the Cortex-M3 of application note AN385: the addresses of its devices and the registers of the
// processor. "AN385" is Arm DAI 0385, "CMSDK" the Cortex-M System Design Kit's manual (Arm DDI 0479), "ARMv7-M" the
// architecture's manual (Arm DDI 0403).
#pragma once

#include <cstdint>

namespace mote::board {

inline constexpr std::uint32_t kProcessorHz = 25'000'000;  // AN385, "Clocks"

// Interrupt lines of the NVIC (AN385, "Interrupts"). Drivers define their handlers, in the order of the
// lines, as one constant in the section .vectors.interrupts.
enum class Interrupt : std::uint8_t { UartReceive = 0, UartTransmit = 1, Ethernet = 13 };
using Handler = void (*)();

template <class Registers>
Registers& registers_at(std::uint32_t address) {
  return *reinterpret_cast<Registers*>(address);
}

// NVIC_ISER0, ARMv7-M B3.4.4: writing 1 enables an interrupt, writing 0 has no effect.
inline void enable(Interrupt interrupt) {
  registers_at<volatile std::uint32_t>(0xE000E100) = 1U << static_cast<unsigned>(interrupt);
}

// Masks interrupts during its lifetime (PRIMASK, ARMv7-M B1.4.3). Interrupts that occur meanwhile stay pending.
class InterruptLock {
 public:
  InterruptLock() { asm volatile("cpsid i" ::: "memory"); }
  ~InterruptLock() { asm volatile("cpsie i" ::: "memory"); }
  InterruptLock(const InterruptLock&) = delete;
  InterruptLock& operator=(const InterruptLock&) = delete;
};

// Sleeps until an interrupt is pending. It also works under an InterruptLock (ARMv7-M B1.5.19), so that the event cannot
// occur between the check and the sleep: the handler runs when the lock is released.
inline void wait_for_interrupt() {
  asm volatile("wfi" ::: "memory");
}

}  // namespace mote::board
