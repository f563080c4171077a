#include "image.h"

#include <array>
#include <cstddef>
#include <new>

#include "clock.h"
#include "selftest/print_number.h"
#include "selftest/selftest.h"
#include "semihosting.h"
#include "stack.h"
#include "wire/literal.h"

namespace mote::board {

namespace {

constexpr mote_options kOptions = [] {
  mote_options options{};
  options.call_timeout_ms = 10'000;
  options.connect_timeout_ms = 2000;
  options.keepalive_timeout_ms = 1000;
  options.backoff_first_ms = 200;
  options.backoff_most_ms = 2000;
  return options;
}();

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

// Takes 64 bytes and more in each of its rounds.
// NOLINTNEXTLINE(misc-no-recursion): that is what it is for.
[[gnu::noinline]] std::uint32_t use_stack(std::uint32_t rounds) {
  std::array<volatile std::uint32_t, 16> words{};
  for (volatile std::uint32_t& word : words)
    word = rounds;
  return rounds == 0 ? words[0] : use_stack(rounds - 1) + words[0];
}

bool run(const selftest::Bench& bench, std::string_view mode) {
  if (wire::is(mode, "outage") && !selftest::run_outage(bench)) return false;
  return selftest::run_script(bench);
}

void print_sizes() {
  write("stack ");
  selftest::print_number(write, stack_used_bytes());
  write(" of ");
  selftest::print_number(write, stack_bytes());
  write(" bytes, client ");
  selftest::print_number(write, sizeof(device::Client));
  write(" bytes\n");
}

}  // namespace

int run_image(const mote_port& port, std::string_view mode) {
  if (wire::is(mode, "fault")) undefined_instruction();
  if (wire::is(mode, "overflow")) return static_cast<int>(use_stack(stack_bytes() / sizeof(std::uint32_t)));
  if (!wire::is(mode, "script") && !wire::is(mode, "outage")) return kUsageExit;
  // In place, for an object with a destructor would bring in the code that ends a program.
  auto* client = new (client_storage.data()) device::Client(port, kOptions, kMemory);
  const bool passed = run({*client, write, now_ms}, mode);
  print_sizes();
  write(passed ? "passed\n" : "FAILED\n");
  return passed ? kPassedExit : kFailedExit;
}

}  // namespace mote::board
