// The board's Ethernet controller, a LAN9220, which is programmed like the LAN9118 ("datasheet" is SMSC's for the LAN9118).
// The processor moves whole frames in and out of its FIFOs; sizes leave the frame check sequence out, which the device makes
// and checks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/span.h"

namespace mote::lan9118 {

using MacAddress = std::array<std::uint8_t, 6>;

// Resets the device and starts both directions at this address, full duplex. False: it does not answer.
[[nodiscard]] bool start(const MacAddress& address);

// One frame out: begin_frame(), then `size` bytes in any split. begin_frame() is false when the FIFO has no room.
class FrameWriter {
 public:
  [[nodiscard]] bool begin_frame(std::size_t size);
  void add(Bytes bytes);
  void end_frame();

 private:
  std::uint32_t word_ = 0;
  unsigned filled_bytes_ = 0;
};

// The size of the frame that waits, or 0. It is read from front to back in stretches that are a multiple of 4 bytes long, but
// for the last one; end_frame() then drops what is left of it, and has to come before the next frame.
class FrameReader {
 public:
  [[nodiscard]] std::size_t next_frame();
  void take(MutableBytes into);
  void end_frame();

 private:
  std::size_t words_left_ = 0;
};

// Makes the next frame wake the processor. Once: its interrupt rests then. Frames that came since the last call of
// next_frame() that found none count as well.
void wake_for_frame();

}  // namespace mote::lan9118
