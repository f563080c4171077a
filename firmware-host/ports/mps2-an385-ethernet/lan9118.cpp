#include "lan9118.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "board.h"
#include "clock.h"
#include "mote/span.h"

namespace mote::lan9118 {

namespace {

// Datasheet, "System Control and Status Registers": offsets from the base address on the board (AN385, "Memory map").
enum class Register : std::uint32_t {
  ReceiveData = 0x00,
  TransmitData = 0x20,
  ReceiveStatus = 0x40,
  TransmitStatus = 0x48,
  InterruptConfiguration = 0x54,
  InterruptStatus = 0x58,
  InterruptEnable = 0x5C,
  ByteTest = 0x64,
  FifoInterrupt = 0x68,
  TransmitConfiguration = 0x70,
  HardwareConfiguration = 0x74,
  ReceiveFifo = 0x7C,
  TransmitFifo = 0x80,
  PowerManagement = 0x84,
  MacCommand = 0xA4,
  MacData = 0xA8,
};
constexpr std::uint32_t kBase = 0x40200000;

// Interrupt configuration: enabled, active high, push-pull, as the NVIC requires.
constexpr std::uint32_t kInterruptOutput = 1U << 8 | 1U << 4 | 1U;
constexpr std::uint32_t kReceiveStatusLevel =
    1U << 3;  // Interrupt: more received frames than the low byte of FifoInterrupt.
constexpr std::uint32_t kByteTestPattern = 0x87654321;
constexpr std::uint32_t kTransmitOn = 1U << 1;
constexpr std::uint32_t kSoftReset = 1U;
constexpr std::uint32_t kMustBeOne = 1U << 20;
constexpr std::uint32_t kTransmitFifoKilobytes = 5U << 16;  // Of 16 KiB; the rest is for receiving.
constexpr std::uint32_t kReady = 1U;

// The registers that MacCommand and MacData access.
enum class MacRegister : std::uint8_t { Control = 1, AddressHigh = 2, AddressLow = 3 };
constexpr std::uint32_t kMacBusy = 1U << 31;
constexpr std::uint32_t kFullDuplex = 1U << 20;
constexpr std::uint32_t kMacTransmit = 1U << 3;
constexpr std::uint32_t kMacReceive = 1U << 2;

// Transmit command A (datasheet, "TX command"): a frame in one buffer.
constexpr std::uint32_t kFirstSegment = 1U << 13;
constexpr std::uint32_t kLastSegment = 1U << 12;
constexpr std::size_t kCommandBytes = 8;

constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kLargestFrameBytes = 1514;
constexpr std::uint32_t kReceiveError = 1U << 15;

constexpr std::uint32_t kPatienceMs = 100;

volatile std::uint32_t& at(Register which) {
  return board::registers_at<volatile std::uint32_t>(kBase + static_cast<std::uint32_t>(which));
}

// Polls until all `bits` of the register are `value`. Fails after kPatienceMs.
bool wait_for(Register which, std::uint32_t bits, std::uint32_t value) {
  const std::uint32_t begun = board::now_ms();
  while ((at(which) & bits) != value)
    if (board::now_ms() - begun > kPatienceMs) return false;
  return true;
}

bool write_mac(MacRegister which, std::uint32_t value) {
  at(Register::MacData) = value;
  at(Register::MacCommand) = kMacBusy | static_cast<std::uint32_t>(which);
  return wait_for(Register::MacCommand, kMacBusy, 0);
}

bool reset() {
  if (!wait_for(Register::PowerManagement, kReady, kReady)) return false;
  at(Register::HardwareConfiguration) = kSoftReset;
  return wait_for(Register::HardwareConfiguration, kSoftReset, 0) &&
         wait_for(Register::ByteTest, ~0U, kByteTestPattern);
}

bool set_address(const MacAddress& address) {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  std::memcpy(&low, address.data(), 4);
  std::memcpy(&high, &address[4], 2);
  return write_mac(MacRegister::AddressLow, low) && write_mac(MacRegister::AddressHigh, high);
}

void on_frame() {
  at(Register::InterruptEnable) = 0;
}

// No other line is enabled.
[[gnu::section(".vectors.interrupts"), gnu::used]] constexpr auto kHandlers = [] {
  constexpr auto kLine = static_cast<std::size_t>(board::Interrupt::Ethernet);
  std::array<board::Handler, kLine + 1> handlers{};
  handlers[kLine] = on_frame;
  return handlers;
}();

}  // namespace

bool start(const MacAddress& address) {
  if (!reset() || !set_address(address)) return false;
  at(Register::HardwareConfiguration) = kMustBeOne | kTransmitFifoKilobytes;
  at(Register::FifoInterrupt) = 0;
  at(Register::InterruptConfiguration) = kInterruptOutput;
  at(Register::TransmitConfiguration) = kTransmitOn;
  if (!write_mac(MacRegister::Control, kFullDuplex | kMacTransmit | kMacReceive)) return false;
  board::enable(board::Interrupt::Ethernet);
  return true;
}

bool FrameWriter::begin_frame(std::size_t size) {
  // Each frame adds a status word. Sending stops if 512 bytes of them are not read.
  while ((at(Register::TransmitFifo) >> 16 & 0xFF) != 0)
    static_cast<void>(std::uint32_t(at(Register::TransmitStatus)));
  if ((at(Register::TransmitFifo) & 0xFFFF) < size + kCommandBytes + sizeof word_) return false;
  at(Register::TransmitData) = kFirstSegment | kLastSegment | static_cast<std::uint32_t>(size);
  at(Register::TransmitData) = static_cast<std::uint32_t>(size);
  return true;
}

void FrameWriter::add(Bytes bytes) {
  for (const std::uint8_t byte : bytes) {
    word_ |= static_cast<std::uint32_t>(byte) << (8 * filled_bytes_);
    if (++filled_bytes_ == sizeof word_) end_frame();
  }
}

void FrameWriter::end_frame() {
  if (filled_bytes_ != 0) at(Register::TransmitData) = word_;
  word_ = 0;
  filled_bytes_ = 0;
}

std::size_t FrameReader::next_frame() {
  for (;;) {
    // Clear it before the check, so that a later frame raises it again.
    at(Register::InterruptStatus) = kReceiveStatusLevel;
    if ((at(Register::ReceiveFifo) >> 16 & 0xFF) == 0) return 0;
    const std::uint32_t status = at(Register::ReceiveStatus);
    const std::size_t size = status >> 16 & 0x3FFF;
    words_left_ = (size + 3) / 4;
    if ((status & kReceiveError) == 0 && size > kChecksumBytes && size - kChecksumBytes <= kLargestFrameBytes)
      return size - kChecksumBytes;
    end_frame();
  }
}

void FrameReader::take(MutableBytes into) {
  for (; !into.empty() && words_left_ > 0; --words_left_) {
    const std::uint32_t word = at(Register::ReceiveData);
    const std::size_t size = std::min(into.size(), sizeof word);
    std::memcpy(into.data(), &word, size);
    into = into.subspan(size);
  }
}

void FrameReader::end_frame() {
  for (; words_left_ > 0; --words_left_)
    static_cast<void>(std::uint32_t(at(Register::ReceiveData)));
}

void wake_for_frame() {
  at(Register::InterruptEnable) = kReceiveStatusLevel;
}

}  // namespace mote::lan9118
