// A heap in one piece of memory, for mbedTLS. The library has one (memory_buffer_alloc.c), but with 64 bytes beside each block, and a
// handshake has a hundred small ones.
//
// The first free block that is large enough, by address: so memory of connections gathers at the front, and handshakes use what is
// behind it. Free blocks that touch become one. Each block has a header of eight bytes, and a free one its places in the list of
// free ones behind it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/span.h"

namespace mote::tls {

class Pool {
 public:
  // Aligned to 8 bytes, less than 4 GiB. Only blocks that were used are written.
  void take(MutableBytes memory);

  // Zeros, aligned to 8 bytes; nullptr if there is no block of the size.
  void* allocate(std::size_t bytes);
  void release(void* bytes);

  // Bytes of the blocks in use with their headers, and the most since reset_most().
  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] std::size_t most() const { return most_; }
  void reset_most() { most_ = used_; }

 private:
  // A block is its offset. What a header has, and what only a free block has.
  using Block = std::uint32_t;
  enum class Word : std::uint8_t { Size, SizeBefore, Next, Previous };
  static constexpr Block kNone = UINT32_MAX;
  static constexpr std::uint32_t kUsed = 1;  // In Size, which is a multiple of 8.
  static constexpr std::uint32_t kHeaderBytes = 8;
  static constexpr std::uint32_t kLeastBytes = 16;

  [[nodiscard]] std::uint32_t get(Block block, Word word) const;
  void set(Block block, Word word, std::uint32_t value);
  [[nodiscard]] std::uint32_t size_of(Block block) const { return get(block, Word::Size) & ~kUsed; }
  [[nodiscard]] bool is_free(Block block) const { return (get(block, Word::Size) & kUsed) == 0; }
  [[nodiscard]] Block free_before(Block block) const;
  void resize(Block block, std::uint32_t size);
  void link(Block block, Block previous, Block next);
  void unlink(Block block);

  MutableBytes memory_;
  Block first_free_ = kNone;
  std::size_t used_ = 0;
  std::size_t most_ = 0;
};

}  // namespace mote::tls
