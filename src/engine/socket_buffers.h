// The kernel's buffers of a socket. The kernel reserves twice what is asked for, its own overhead included (socket(7)); then the
// size is fixed, where it would otherwise grow to megabytes.
#pragma once

#include <cstdint>

#include "engine/limits.h"

namespace mote::engine {

// For a listener: its connections inherit the sizes, before they are accepted. False if the kernel refuses a size; errno is the
// reason.
[[nodiscard]] bool set_socket_buffers(int descriptor, const Limits& limits);

// For a TCP listener, after set_socket_buffers(): the windows of its connections may grow beyond 64 KiB later. A connection offers
// such windows only if it did so in its first segment, which the kernel sends before it is accepted. Until fix_receive_buffer()
// the kernel may grow its receive buffer. Without effect before Linux 5.15.
void allow_upload_windows(int descriptor);
// For a connection of such a listener: its receive buffer keeps its size.
void fix_receive_buffer(int descriptor);

// kLargeSocketBytes or upload_socket_bytes() in both directions.
void grow_socket(int descriptor, std::uint32_t bytes);
// The sizes of the limits again. False if the kernel holds more than that now; then nothing changes.
bool shrink_socket(int descriptor, const Limits& limits);
// From upload_socket_bytes() to kLargeSocketBytes, in the same way.
bool shrink_upload_socket(int descriptor);

// Bytes that the peer has not acknowledged, more than a GOAWAY.
[[nodiscard]] bool holds_unsent(int descriptor);

// Makes the close discard what the peer has not acknowledged, if that is more than a GOAWAY: the kernel would keep it for
// minutes.
void discard_unsent(int descriptor);

}  // namespace mote::engine
