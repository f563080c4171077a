// The common part of all images of this board, after their byte stream is set up.
#pragma once

#include "mote/port.h"

namespace mote::board {

// Exit codes in addition to kHardFaultExit.
inline constexpr int kPassedExit = 0;
inline constexpr int kFailedExit = 1;
inline constexpr int kUsageExit = 2;

// Runs the self-test over the port and returns the exit code. `mode`, from the command line of the image:
//   "script"    the script
//   "outage"    the script after an outage of the server (selftest.h)
//   "fault"     an undefined instruction
//   "overflow"  a stack overflow
int run_image(const mote_port& port, const char* mode);

}  // namespace mote::board
