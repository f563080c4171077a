#include "image.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <new>

#include "clock.h"
#include "mote/version.h"
#include "selftest/print_number.h"
#include "selftest/selftest.h"
#include "semihosting.h"
#include "stack.h"

namespace mote::board {

namespace {

std::array<std::uint8_t, 64> input;
std::array<std::uint8_t, 320> output;
std::array<std::uint8_t, 128> scratch;
std::array<std::uint8_t, 192> messages;
std::array<std::uint8_t, 48> text;
constinit const mote_memory kMemory = {
    {input.data(), input.size()},       {output.data(), output.size()}, {scratch.data(), scratch.size()},
    {messages.data(), messages.size()}, {text.data(), text.size()},
};

alignas(device::Client) std::array<std::byte, sizeof(device::Client)> client_storage;

[[noreturn]] void undefined_instruction() {
  asm volatile("udf #0");
  __builtin_unreachable();
}

[[noreturn]] void overflow_stack() {
  asm volatile("0: push {r0}\nb 0b");
  __builtin_unreachable();
}

void print_version() {
  write("mote ");
  write(mote_version);
  write("\n");
}

void print_sizes() {
  selftest::print_number("stack ", stack_used_bytes());
  selftest::print_number(" of ", stack_bytes());
  selftest::print_number(" bytes, client ", sizeof(device::Client));
  write(" bytes\n");
}

}  // namespace

int run_image(const mote_port& port, const mote_options& options, const char* mode) {
  if (std::strcmp(mode, "fault") == 0) undefined_instruction();
  if (std::strcmp(mode, "overflow") == 0) overflow_stack();
  const bool outage = std::strcmp(mode, "outage") == 0;
  if (!outage && std::strcmp(mode, "script") != 0) return kUsageExit;
  print_version();
  // Placement new: an object with a destructor would link the code for the end of a program.
  auto& client = *new (client_storage.data()) device::Client(port, options, kMemory);
  const bool passed = (!outage || selftest::run_outage(client)) && selftest::run_script(client);
  print_sizes();
  write(passed ? "passed\n" : "FAILED\n");
  return passed ? kPassedExit : kFailedExit;
}

}  // namespace mote::board

void mote::selftest::print(const char* text) {
  board::write(text);
}

std::uint32_t mote::selftest::now_ms() {
  return board::now_ms();
}
