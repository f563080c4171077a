// The kernel's buffers of a socket. The kernel reserves twice what is asked for, its own overhead included (socket(7)); then the
// size is fixed, where it would otherwise grow to megabytes.
#pragma once

#include "engine/limits.h"

namespace mote::engine {

// For a listener: its connections inherit the sizes, before they are accepted. False if the kernel refuses a size; errno is the
// reason.
[[nodiscard]] bool set_socket_buffers(int descriptor, const Limits& limits);

// kLargeSocketBytes in both directions.
void grow_socket(int descriptor);
// The sizes of the limits again. False if the kernel holds more than that now; then nothing changes.
bool shrink_socket(int descriptor, const Limits& limits);

// Bytes that the peer has not acknowledged, more than a GOAWAY.
[[nodiscard]] bool holds_unsent(int descriptor);

// Makes the close discard what the peer has not acknowledged, if that is more than a GOAWAY: the kernel would keep it for
// minutes.
void discard_unsent(int descriptor);

}  // namespace mote::engine
