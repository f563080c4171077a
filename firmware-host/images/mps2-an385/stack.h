// Measures the stack: it is filled with a pattern at reset, and changed bytes were in use.
#pragma once

#include <cstddef>

namespace mote::board {

// Fills the stack below the frame of the caller.
void paint_stack();

[[nodiscard]] std::size_t stack_bytes();

// The maximum stack use since paint_stack().
[[nodiscard]] std::size_t stack_used_bytes();

}  // namespace mote::board
