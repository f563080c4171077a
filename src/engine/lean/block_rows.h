// Pages of the pool that are rows of small blocks: those with some blocks taken and some not.
#pragma once

#include <cstdint>

namespace mote::lean {

struct BlockPage;

struct BlockRows {
  BlockPage* partial = nullptr;
  std::uint32_t free = 0;  // Small blocks in them that are not taken.
};

}  // namespace mote::lean
