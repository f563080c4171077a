// The self-test of a firmware image: a script of calls to an Echo server (proto/echo.proto). It prints one line for
// each step:
//
//   ok reply 9 ms: status 0
//   FAILED deadline 3002 ms: status 14 connection lost
//
// The step `oversized-request` requires that the server refuses messages of kOversizedRequestBytes.
#pragma once

#include <cstdint>

#include "device/client.h"

namespace mote::selftest {

inline constexpr std::uint32_t kOversizedRequestBytes = 8192;

// The image provides a console, which prints NUL-terminated text, and a clock.
void print(const char* text);
[[nodiscard]] std::uint32_t now_ms();

// Runs all steps. Returns true if all passed.
[[nodiscard]] bool run_script(device::Client& client);

// Repeats calls until one fails, then until one succeeds again, and reports both. Stop the server after the line "ok
// serving" and start it again after the line "ok outage".
[[nodiscard]] bool run_outage(device::Client& client);

}  // namespace mote::selftest
