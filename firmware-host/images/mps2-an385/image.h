// What all images of this board do once their byte stream is there.
#pragma once

#include "mote/port.h"

namespace mote::board {

// Exit codes beside kHardFaultExit.
inline constexpr int kPassedExit = 0;
inline constexpr int kFailedExit = 1;
inline constexpr int kUsageExit = 2;

// Runs the self-test over the port and returns the exit code. `mode`, from the command line of the image:
//   "script"    the script
//   "outage"    the script behind an outage of the server (selftest.h)
//   "fault"     an undefined instruction
//   "overflow"  more stack than there is
int run_image(const mote_port& port, const char* mode);

}  // namespace mote::board
