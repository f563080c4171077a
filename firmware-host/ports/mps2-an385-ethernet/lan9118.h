// The Ethernet controller of the board, a LAN9220, which is programmed like the LAN9118 ("datasheet": SMSC's LAN9118
// datasheet). The processor copies complete frames to and from its FIFOs. Sizes do not include the frame check sequence,
// which the device generates and checks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/span.h"

namespace mote::lan9118 {

using MacAddress = std::array<std::uint8_t, 6>;

// Resets the device and starts it with this address, full duplex. False: it does not respond.
[[nodiscard]] bool start(const MacAddress& address);

// Sends a frame: begin_frame(), then `size` bytes in any number of parts. begin_frame() returns false if the FIFO is full.
class FrameWriter {
 public:
  [[nodiscard]] bool begin_frame(std::size_t size);
  void add(Bytes bytes);
  void end_frame();

 private:
  std::uint32_t word_ = 0;
  unsigned filled_bytes_ = 0;
};

// The size of the next received frame, or 0. Read it in order, in parts whose size is a multiple of 4 bytes, except
// the last part. Then call end_frame(), which discards the rest, before the next frame.
class FrameReader {
 public:
  [[nodiscard]] std::size_t next_frame();
  void take(MutableBytes into);
  void end_frame();

 private:
  std::size_t words_left_ = 0;
};

// Enables the interrupt for the next frame, once. It also occurs for frames that arrived since the last call of
// next_frame() that returned 0.
void wake_for_frame();

}  // namespace mote::lan9118
