// An allocator over memory of the caller, for mbedTLS. A block costs one word more than its size, rounded up to 8 bytes.
// (The allocator of mbedTLS takes eight words for each block.)
#pragma once

#include <cstddef>

#include "mote/span.h"

namespace mote::tls_port {

class Pool {
 public:
  // Manages `memory` from now on, all of it free.
  void take(MutableBytes memory);

  // The first free block that is large enough, filled with zeros; null: there is none, or `bytes` is 0.
  [[nodiscard]] void* allocate(std::size_t bytes);
  // Frees a block of allocate(). Null is ignored.
  void release(void* block);

  // Bytes from the beginning of the memory to the end of the furthest block so far: less memory is not enough.
  [[nodiscard]] std::size_t most_bytes() const { return most_bytes_; }

 private:
  // Stands in front of each block. `size` is a multiple of 8 that includes this word; its lowest bit is set while in use.
  struct Header {
    std::size_t size;
  };
  static constexpr std::size_t kUsed = 1;
  static constexpr std::size_t kGranule = 8;

  [[nodiscard]] Header& at(std::size_t offset) const;
  // Joins the free block at `offset` with the free blocks behind it.
  void join(std::size_t offset) const;

  MutableBytes memory_;
  std::size_t most_bytes_ = 0;
};

}  // namespace mote::tls_port
