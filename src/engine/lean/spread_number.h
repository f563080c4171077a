// Numbers that spread what many connections would do at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/rpc/call.h"

namespace mote::lean {

// An evenly distributed number that is no secret: connections that are accepted at once, or one after the other, get different ones
// (the last step of Steele et al., "Fast Splittable Pseudorandom Number Generators"). `index` is below 65,536.
constexpr std::uint32_t spread_number(rpc::Time now, std::size_t index) {
  std::uint64_t mixed = static_cast<std::uint64_t>(now.count()) << 16U | index;
  mixed = (mixed ^ mixed >> 30U) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27U) * 0x94d049bb133111eb;
  return static_cast<std::uint32_t>(mixed >> 32U);
}

}  // namespace mote::lean
