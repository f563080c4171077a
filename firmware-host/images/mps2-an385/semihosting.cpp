#include "semihosting.h"

#include <cstdint>
#include <cstring>

namespace mote::board {

namespace {

constexpr std::uint32_t kOpen = 0x01;
constexpr std::uint32_t kClose = 0x02;
constexpr std::uint32_t kWrite0 = 0x04;
constexpr std::uint32_t kRead = 0x06;
constexpr std::uint32_t kGetCommandLine = 0x15;
constexpr std::uint32_t kExitExtended = 0x20;
constexpr std::uint32_t kApplicationExit = 0x20026;  // ADP_Stopped_ApplicationExit

std::uint32_t ask_debugger(std::uint32_t operation, const void* argument) {
  register std::uint32_t r0 asm("r0") = operation;
  register const void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

}  // namespace

void write(const char* text) {
  ask_debugger(kWrite0, text);
}

// NOLINTNEXTLINE(readability-non-const-parameter): the debugger writes to it.
bool command_line(char* buffer, std::size_t size) {
  struct {
    char* buffer;
    std::size_t size;
  } const block{buffer, size};
  return ask_debugger(kGetCommandLine, &block) == 0;
}

// NOLINTNEXTLINE(readability-non-const-parameter): the debugger writes to it.
bool read_host_file(const char* path, std::uint8_t* into, std::size_t size) {
  constexpr std::uint32_t kReadBinary = 1;
  constexpr std::uint32_t kNoFile = 0xFFFFFFFF;
  struct {
    const char* path;
    std::uint32_t mode;
    std::size_t path_size;
  } const file{path, kReadBinary, std::strlen(path)};
  const std::uint32_t handle = ask_debugger(kOpen, &file);
  if (handle == kNoFile) return false;
  struct {
    std::uint32_t handle;
    std::uint8_t* into;
    std::size_t size;
  } const block{handle, into, size};
  // The result is the number of bytes that are missing.
  const bool whole = ask_debugger(kRead, &block) == 0;
  ask_debugger(kClose, &handle);
  return whole;
}

void exit(int code) {
  const std::uint32_t block[] = {kApplicationExit, static_cast<std::uint32_t>(code)};
  for (;;)
    ask_debugger(kExitExtended, block);
}

}  // namespace mote::board
