// The common part of all images of this board, after their byte stream is set up.
#pragma once

#include <cstdint>

#include "mote/device.h"
#include "mote/port.h"

namespace mote::board {

// Exit codes in addition to kHardFaultExit.
inline constexpr int kPassedExit = 0;
inline constexpr int kFailedExit = 1;
inline constexpr int kUsageExit = 2;

// Of the client. Connecting includes the handshake if the port has TLS.
constexpr mote_options client_options(std::uint32_t connect_timeout_ms) {
  mote_options options{};
  options.call_timeout_ms = 10'000;
  options.connect_timeout_ms = connect_timeout_ms;
  options.keepalive_timeout_ms = 1000;
  options.backoff_first_ms = 200;
  options.backoff_most_ms = 2000;
  return options;
}

// Runs the self-test over the port and returns the exit code. `options` must outlive it. `mode`, from the command line of the image:
//   "script"    the script
//   "outage"    the script after an outage of the server (selftest.h)
//   "fault"     an undefined instruction
//   "overflow"  a stack overflow
int run_image(const mote_port& port, const mote_options& options, const char* mode);

}  // namespace mote::board
