// The self-test of a firmware image: a script of calls to an Echo server (proto/echo.proto), with one line of report for
// each step:
//
//   ok reply 9 ms: status 0
//   FAILED deadline 3002 ms: status 14 connection lost
//
// The server takes messages of less than kOversizedRequestBytes, which the step `oversized-request` counts on.
#pragma once

#include <cstdint>

#include "device/client.h"

namespace mote::selftest {

inline constexpr std::uint32_t kOversizedRequestBytes = 8192;

// What the image brings: a console, which takes text with a NUL behind it, and a clock.
void print(const char* text);
[[nodiscard]] std::uint32_t now_ms();

// Runs all steps. True: all went as they should.
[[nodiscard]] bool run_script(device::Client& client);

// Calls until a call fails, which is reported, then until one succeeds again, which is too. Between the two lines "ok serving"
// and "ok outage" the server is to be stopped, and started again after that.
[[nodiscard]] bool run_outage(device::Client& client);

}  // namespace mote::selftest
