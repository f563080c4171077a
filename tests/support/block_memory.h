// The blocks of a test: a pool in memory of exactly its size, and one share of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/lean/block_pool.h"
#include "engine/lean/poison.h"

namespace mote::test {

struct BlockMemory {
  explicit BlockMemory(std::size_t count, std::size_t share_bytes = 1 << 20U)
      : pages(count),
        bytes(count * lean::BlockPool::kLargeBytes, 0xcc),
        pool(pages, bytes),
        share(pool, aside, address, share_bytes, 0) {}
  ~BlockMemory() { lean::unpoison(bytes.data(), bytes.size()); }

  std::vector<lean::BlockPool::Page> pages;
  std::vector<std::uint8_t> bytes;
  lean::BlockPool pool;
  lean::PoolAside aside{0, 0};
  lean::AddressRow address;  // Without a table: nothing limits it.
  lean::BlockShare share;
};

}  // namespace mote::test
