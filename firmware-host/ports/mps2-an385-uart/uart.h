// UART0 as a stream of bytes (CMSDK "APB UART"): both directions by interrupt, the processor sleeps while it waits.
//
// The device has no buffer behind its one byte and no flow control lines. When the ring is full its interrupt rests until there
// is room; what a wire brings meanwhile is lost, which the device notices (see lost_bytes()).
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/span.h"

namespace mote::uart {

// The receive ring: what may come in while the client is busy elsewhere.
inline constexpr std::size_t kReceiveRingBytes = 256;

// 16 is the device's smallest divider: 1,562,500 baud. QEMU does not slow bytes down to it.
inline constexpr std::uint32_t kBaudDivider = 16;

// Enables the device and its interrupts. First of all calls.
void start();

// Sends all of `bytes`; false when that was not possible by `deadline_ms` (board::now_ms()).
[[nodiscard]] bool write(Bytes bytes, std::uint32_t deadline_ms);

// Waits until a byte is there, and gives out all that are, as many as fit into `into`. 0: `deadline_ms` has passed.
[[nodiscard]] std::size_t read(MutableBytes into, std::uint32_t deadline_ms);

// What has come in and is not given out yet: how many bytes, each of them from the oldest on, and the oldest thrown away.
[[nodiscard]] std::size_t waiting_bytes();
[[nodiscard]] std::uint8_t waiting_byte(std::size_t place);
void drop(std::size_t size);

// Whether bytes were lost since the last call.
[[nodiscard]] bool lost_bytes();

}  // namespace mote::uart
