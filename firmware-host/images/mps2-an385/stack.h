// How much of the stack was used: it is painted at reset, and what is not paint any more has been in use.
#pragma once

#include <cstddef>

namespace mote::board {

// Paints what lies below the caller's frame.
void paint_stack();

[[nodiscard]] std::size_t stack_bytes();

// The most that was in use at any time since paint_stack().
[[nodiscard]] std::size_t stack_used_bytes();

}  // namespace mote::board
