// lwIP on the board's Ethernet controller, with no thread: it moves when run() is called.
#pragma once

#include <cstdint>

#include "lwip/ip4_addr.h"

namespace mote::network {

struct Addresses {
  ip4_addr_t own;
  ip4_addr_t mask;
  ip4_addr_t router;
};

// False: the Ethernet controller does not answer. First of all calls.
[[nodiscard]] bool start(const Addresses& addresses);

// Takes in the frames that have come and does what is due by the clock.
void run();

// run() after run() until `done`, the processor asleep in between. False: `deadline_ms` (board::now_ms()) has passed before.
template <class Condition>
[[nodiscard]] bool run_until(std::uint32_t deadline_ms, Condition done);

// Sleeps until a frame or the clock's tick, a millisecond at most.
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
