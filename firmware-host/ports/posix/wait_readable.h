// Waits that a signal ends, whenever it comes.
#pragma once

#include <csignal>
#include <cstdint>
#include <initializer_list>

namespace mote::posix {

// The handlers of signals set these; null: no flag.
using Flags = std::initializer_list<const volatile std::sig_atomic_t*>;

// Waits for at most `wait_ms` until `descriptor` is readable; -1: no descriptor. A flag that is set ends the wait within 100 ms. True: readable.
bool wait_readable(int descriptor, std::uint32_t wait_ms, Flags flags);

}  // namespace mote::posix
