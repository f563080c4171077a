// Numbers in the documents of the monitor.
#pragma once

#include <cstdint>

#include "bytes/byte_writer.h"
#include "engine/fixed_text.h"
#include "engine/lean/timer_heap.h"

namespace mote::lean {

inline std::uint64_t microseconds(Time time) {
  return static_cast<std::uint64_t>(time.count());
}

inline void add_number(ByteWriter& out, std::uint64_t number) {
  out.text(engine::FixedText<20>().add(number).view());
}

// In seconds: 12.000345.
inline void add_seconds(ByteWriter& out, std::uint64_t microseconds) {
  constexpr std::uint64_t kMicro = 1'000'000;
  engine::FixedText<20> fraction;
  fraction.add(kMicro + microseconds % kMicro);  // "1" and six digits.
  add_number(out, microseconds / kMicro);
  out.text(".");
  out.text(fraction.view().substr(1));
}

}  // namespace mote::lean
