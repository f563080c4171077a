// Semihosting (Arm's "Semihosting for AArch32 and AArch64"): a debugger, or QEMU, prints and exits for the image. Without one the
// breakpoint instruction behind it is a fault.
#pragma once

#include <cstddef>

namespace mote::board {

// Exit code after a fault, apart from those of mote_main().
inline constexpr int kHardFaultExit = 70;

// SYS_WRITE0: writes a zero-terminated text to the debugger's console.
void write(const char* text);

// SYS_GET_CMDLINE: the words after `-semihosting-config arg=`, with a blank between them, zero-terminated. False when they
// do not fit into `size` bytes.
bool command_line(char* buffer, std::size_t size);

// SYS_EXIT_EXTENDED.
[[noreturn]] void exit(int code);

}  // namespace mote::board
