// Semihosting (Arm's "Semihosting for AArch32 and AArch64"): a debugger or QEMU prints text and exits for the image.
// Without one, the breakpoint instruction causes a fault.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mote::board {

// The exit code after a fault; mote_main() does not return it.
inline constexpr int kHardFaultExit = 70;

// SYS_WRITE0: writes a NUL-terminated text to the console of the debugger.
void write(const char* text);

// SYS_GET_CMDLINE: the words after `-semihosting-config arg=`, separated by spaces, NUL-terminated. False if they
// do not fit into `size` bytes.
bool command_line(char* buffer, std::size_t size);

// SYS_OPEN, SYS_READ: reads the first `size` bytes of a file of the host. False: it has no such file, or less bytes.
[[nodiscard]] bool read_host_file(const char* path, std::uint8_t* into, std::size_t size);

// SYS_EXIT_EXTENDED.
[[noreturn]] void exit(int code);

}  // namespace mote::board
