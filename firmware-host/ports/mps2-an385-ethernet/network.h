// lwIP on the Ethernet controller of the board, without threads: run() does all the work.
#pragma once

#include <cstdint>

#include "lwip/ip4_addr.h"

namespace mote::network {

struct Addresses {
  ip4_addr_t own;
  ip4_addr_t mask;
  ip4_addr_t router;
};

// Call it first. False: the Ethernet controller does not respond.
[[nodiscard]] bool start(const Addresses& addresses);

// Processes received frames and expired timers.
void run();

// Calls run() until `done`; the processor sleeps in between. False: `deadline_ms` (board::now_ms()) has passed.
template <class Condition>
[[nodiscard]] bool run_until(std::uint32_t deadline_ms, Condition done);

// Sleeps until a frame arrives or the clock ticks, at most one millisecond.
void sleep();

[[nodiscard]] bool is_past(std::uint32_t deadline_ms);

template <class Condition>
bool run_until(std::uint32_t deadline_ms, Condition done) {
  for (;;) {
    run();
    if (done()) return true;
    if (is_past(deadline_ms)) return false;
    sleep();
  }
}

}  // namespace mote::network
