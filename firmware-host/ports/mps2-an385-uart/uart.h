// UART0 as a byte stream (CMSDK "APB UART"). Both directions use interrupts; the processor sleeps while it waits.
//
// The device has a buffer of one byte and no flow-control lines. If the ring is full, its interrupt is disabled until there
// is space. Bytes that arrive meanwhile are lost; the device detects this (see lost_bytes()).
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/span.h"

namespace mote::uart {

// The size of the receive ring, which stores bytes while the client does not read.
inline constexpr std::size_t kReceiveRingBytes = 256;

// 16 is the smallest divider of the device: 1,562,500 baud. QEMU does not simulate the baud rate.
inline constexpr std::uint32_t kBaudDivider = 16;

// Enables the device and its interrupts. Call it first.
void start();

// Sends all of `bytes`. False: not all were sent by `deadline_ms` (board::now_ms()).
[[nodiscard]] bool write(Bytes bytes, std::uint32_t deadline_ms);

// Waits for data and stores as many bytes as fit in `into`. Returns the size; 0: `deadline_ms` has passed.
[[nodiscard]] std::size_t read(MutableBytes into, std::uint32_t deadline_ms);

// The received bytes that are not read yet: their number, access from the oldest, and discarding the oldest.
[[nodiscard]] std::size_t waiting_bytes();
[[nodiscard]] std::uint8_t waiting_byte(std::size_t place);
void discard(std::size_t size);

// True if bytes were lost since the last call.
[[nodiscard]] bool lost_bytes();

}  // namespace mote::uart
