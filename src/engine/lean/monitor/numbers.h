// Text and numbers in the documents of the monitor. Functions of their own, because they are called from many places.
#pragma once

#include <cstdint>
#include <string_view>

#include "bytes/byte_writer.h"
#include "engine/lean/timer_heap.h"

namespace mote::lean {

inline std::uint64_t microseconds(Time time) {
  return static_cast<std::uint64_t>(time.count());
}

void add_text(ByteWriter& out, std::string_view text);
void add_number(ByteWriter& out, std::uint64_t number);
// In seconds: 12.000345.
void add_seconds(ByteWriter& out, std::uint64_t microseconds);

}  // namespace mote::lean
