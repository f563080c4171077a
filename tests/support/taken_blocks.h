// Free blocks of a pool that a test holds, so that there is no memory for anything else.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/lean/core.h"

namespace mote::test {

class TakenBlocks {
 public:
  // All but `left` small ones.
  explicit TakenBlocks(lean::Core& core, std::size_t left = 0) : pool_(core.blocks) {
    while (pool_.free_small() > left)
      taken_.push_back(pool_.take_small());
  }
  ~TakenBlocks() { release(); }
  TakenBlocks(const TakenBlocks&) = delete;
  TakenBlocks& operator=(const TakenBlocks&) = delete;

  // At the latest before the engine looks for lost blocks.
  void release() {
    while (!taken_.empty())
      release_one();
  }
  void release_one() {
    pool_.release(*taken_.back());
    taken_.pop_back();
  }

 private:
  lean::BlockPool& pool_;
  std::vector<lean::Block*> taken_;
};

}  // namespace mote::test
