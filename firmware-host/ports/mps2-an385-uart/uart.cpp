#include "uart.h"

#include <algorithm>
#include <array>
#include <utility>

#include "board.h"
#include "clock.h"
#include "mote/span.h"

namespace mote::uart {

namespace {

using board::Interrupt;
using board::InterruptLock;

// CMSDK 4.3.2, "Programmers model".
struct Registers {
  volatile std::uint32_t data;
  volatile std::uint32_t state;
  volatile std::uint32_t control;
  volatile std::uint32_t interrupts;  // Reads the pending interrupts; writing 1 clears one.
  volatile std::uint32_t baud_divider;
};
constexpr std::uint32_t kTransmitFull = 1;
constexpr std::uint32_t kReceiveFull = 2;
constexpr std::uint32_t kReceiveOverrun = 8;
constexpr std::uint32_t kEnableTransmit = 1;
constexpr std::uint32_t kEnableReceive = 2;
constexpr std::uint32_t kTransmitInterrupt = 4;
constexpr std::uint32_t kReceiveInterrupt = 8;
constexpr std::uint32_t kTransmitted = 1;
constexpr std::uint32_t kReceived = 2;

Registers& device() {
  return board::registers_at<Registers>(0x40004000);
}

// The data below is shared with the interrupt handlers. Other code must hold an InterruptLock.
struct {
  std::array<std::uint8_t, kReceiveRingBytes> bytes;
  std::uint32_t taken_in;
  std::uint32_t given_out;
} ring;
static_assert((kReceiveRingBytes & (kReceiveRingBytes - 1)) == 0, "the counters wrap");
bool lost;
Bytes to_send;  // The caller of write() keeps the bytes valid until the handler has sent them.

std::uint8_t& ring_at(std::uint32_t count) {
  return ring.bytes[count % kReceiveRingBytes];
}

bool ring_empty() {
  return ring.taken_in == ring.given_out;
}

void take_in() {
  const std::uint32_t state = device().state;
  if ((state & kReceiveOverrun) != 0) {
    lost = true;
    device().state = kReceiveOverrun;
  }
  if ((state & kReceiveFull) == 0 || ring.taken_in - ring.given_out == kReceiveRingBytes) return;
  ring_at(ring.taken_in++) = static_cast<std::uint8_t>(device().data);
}

void send_next() {
  if (to_send.empty() || (device().state & kTransmitFull) != 0) return;
  device().data = to_send.front();
  to_send = to_send.subspan(1);
}

void on_receive() {
  device().interrupts = kReceived;
  take_in();
}

void on_transmit() {
  device().interrupts = kTransmitted;
  send_next();
}

[[gnu::section(".vectors.interrupts"), gnu::used]] constexpr board::Handler kHandlers[] = {on_receive, on_transmit};

// Sleeps until `done`, which is evaluated under an InterruptLock. False: the deadline has passed.
template <class Condition>
bool wait(std::uint32_t deadline_ms, Condition done) {
  for (;;) {
    const InterruptLock lock;
    if (done()) return true;
    if (static_cast<std::int32_t>(deadline_ms - board::now_ms()) <= 0) return false;
    board::wait_for_interrupt();
  }
}

}  // namespace

void start() {
  device().baud_divider = kBaudDivider;
  device().control = kEnableTransmit | kEnableReceive | kTransmitInterrupt | kReceiveInterrupt;
  board::enable(Interrupt::UartReceive);
  board::enable(Interrupt::UartTransmit);
}

bool write(Bytes bytes, std::uint32_t deadline_ms) {
  {
    const InterruptLock lock;
    to_send = bytes;
    send_next();
  }
  const bool sent = wait(deadline_ms, [] { return to_send.empty(); });
  const InterruptLock lock;
  to_send = {};
  return sent;
}

std::size_t read(MutableBytes into, std::uint32_t deadline_ms) {
  if (!wait(deadline_ms, [] { return !ring_empty(); })) return 0;
  const InterruptLock lock;
  std::size_t size = 0;
  while (size < into.size() && !ring_empty())
    into[size++] = ring_at(ring.given_out++);
  take_in();  // A byte that arrived while the ring was full raises no second interrupt.
  return size;
}

std::size_t waiting_bytes() {
  const InterruptLock lock;
  return ring.taken_in - ring.given_out;
}

std::uint8_t waiting_byte(std::size_t place) {
  return ring_at(ring.given_out + place);
}

void discard(std::size_t size) {
  const InterruptLock lock;
  ring.given_out += size;
  take_in();
}

bool lost_bytes() {
  const InterruptLock lock;
  return std::exchange(lost, false);
}

}  // namespace mote::uart
