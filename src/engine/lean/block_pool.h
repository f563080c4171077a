// Memory for what outlives one turn of the loop: messages that come in parts, replies that a peer has not taken yet,
// metadata. One pool for all connections, and a share of it for each.
//
// The pool is made of pages; a page is one large block, or a row of small ones. Small blocks let a hundred calls keep a
// few bytes each, large ones carry big messages, and hold what must lie together.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/bytes.h"
#include "mote/span.h"

namespace mote::lean {

// `data` and `size` are the part of the storage that is in use. Blocks in a list are a message as the codec reads it
// (mote/bytes.h).
struct Block : mote_piece {
  MutableBytes storage;
  std::uint32_t begin = 0;  // Of the part in use.
  std::uint32_t place = 0;  // In the pool; the pool's own.

  [[nodiscard]] Bytes content() const { return {data, size}; }
  // What is free behind the content; fill() says how much of it was written.
  [[nodiscard]] MutableBytes tail() const { return storage.subspan(begin + size); }
  void fill(std::size_t bytes) { size += bytes; }
  // Drops bytes at the front of the content.
  void discard(std::size_t bytes);
  // The list is const to the codec only.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  [[nodiscard]] Block* next_block() const { return static_cast<Block*>(const_cast<mote_piece*>(next)); }
};

class BlockPool {
 public:
  static constexpr std::size_t kSmallBytes = 1024;
  static constexpr std::size_t kSmallInLarge = 8;
  static constexpr std::size_t kLargeBytes = kSmallBytes * kSmallInLarge;

  // What the pool knows of kLargeBytes of its storage.
  struct Page {
    std::array<Block, kSmallInLarge> blocks;
    Page* next = nullptr;
    Page* previous = nullptr;
    std::uint8_t free_small = 0;  // A bit for each small block that is not taken.
  };

  // kLargeBytes of `storage` for each page. Both uninitialised.
  BlockPool(std::span<Page> pages, MutableBytes storage);

  // A block in no list, empty; nullptr when there is none. Its storage holds anything.
  Block* take_small();
  Block* take_large();
  void release(Block& block);
  // How many small blocks could be taken.
  [[nodiscard]] std::size_t free_small() const { return free_small_; }

 private:
  Page* take_page();
  Block& make_block(Page& page, std::size_t slot, std::size_t size_bytes);
  void link_partial(Page& page);
  void unlink_partial(Page& page);

  std::span<Page> pages_;
  MutableBytes storage_;
  // Pages that have been used before come first: they are in the cache, and the others may never become resident.
  Page* returned_ = nullptr;
  Page* partial_ = nullptr;  // Rows with some small blocks taken and some not.
  std::size_t touched_ = 0;
  std::size_t free_small_;
};

// So many small blocks hold so many bytes.
constexpr std::size_t small_for(std::size_t bytes) {
  return (bytes + BlockPool::kSmallBytes - 1) / BlockPool::kSmallBytes;
}

// What is set aside for the beginnings of messages that are not admitted yet, at most half of all. In small blocks.
class SetAside {
 public:
  SetAside(std::size_t wanted_bytes, std::size_t all_small)
      : most_(small_for(wanted_bytes) < all_small / 2 ? small_for(wanted_bytes) : all_small / 2) {}
  void use(std::size_t small) { used_ += small; }
  void release(std::size_t small) { used_ -= small; }
  [[nodiscard]] std::size_t left() const { return used_ < most_ ? most_ - used_ : 0; }

 private:
  std::size_t most_;
  std::size_t used_ = 0;
};

// One connection's share of the pool.
class BlockShare {
 public:
  // `aside_bytes` of the share are set aside, and `pool_aside` of the pool.
  BlockShare(BlockPool& pool, SetAside& pool_aside, std::size_t most_bytes, std::size_t aside_bytes)
      : pool_(pool),
        pool_aside_(pool_aside),
        aside_(aside_bytes, most_bytes / BlockPool::kSmallBytes),
        most_(static_cast<std::uint32_t>(most_bytes / BlockPool::kSmallBytes)) {}

  // nullptr: the share or the pool is used up. take() gives a large block only where all of it is wanted.
  Block* take(std::size_t wanted_bytes);
  Block* take_small();
  Block* take_large();
  void release(Block& block);
  // Whether so many bytes could be had now, in blocks as take() gives them.
  [[nodiscard]] bool could_take(std::size_t bytes) const {
    return !exceeded_by(bytes) && small_for(bytes) <= pool_.free_small();
  }
  // Whether so many bytes are more than the share has left, whatever the pool has.
  [[nodiscard]] bool exceeded_by(std::size_t bytes) const { return small_for(bytes) > most_ - used_; }
  // Whether so many bytes could be had now from what is not set aside, if the `own` blocks that a call holds of that were
  // set aside again.
  [[nodiscard]] bool could_admit(std::size_t bytes, std::size_t own) const {
    const std::size_t small = small_for(bytes) + own;
    return could_admit_but_for_pool(bytes, own) && small + pool_aside_.left() <= pool_.free_small();
  }
  // The same of the share, whatever the pool has.
  [[nodiscard]] bool could_admit_but_for_pool(std::size_t bytes, std::size_t own) const {
    return small_for(bytes) + own + aside_.left() <= most_ - used_;
  }
  // A call holds `now` small blocks of what is set aside, and held `before` until now.
  void count_aside(std::size_t before, std::size_t now);
  // In small blocks.
  [[nodiscard]] std::uint32_t used() const { return used_; }

 private:
  BlockPool& pool_;
  SetAside& pool_aside_;
  SetAside aside_;
  std::uint32_t most_;
  std::uint32_t used_ = 0;
};

// A first-in, first-out queue of bytes in blocks of a share. Whoever owns it calls clear() before it goes.
class BlockQueue {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const mote_piece* pieces() const { return first_; }

  // Makes sure that `bytes` more can be appended. False: they are not to be had, and nothing was taken.
  [[nodiscard]] bool reserve(BlockShare& share, std::size_t bytes);
  // False: no more blocks; nothing was appended.
  [[nodiscard]] bool append(BlockShare& share, Bytes bytes);

  // The bytes at the front that lie together.
  [[nodiscard]] Bytes front() const { return first_->content(); }
  // Drops bytes at the front, and blocks with them.
  void discard(BlockShare& share, std::size_t bytes);
  // Moves bytes from the front to `to` until one of them is at its end; returns how many.
  std::size_t move_to(BlockShare& share, MutableBytes to);
  void clear(BlockShare& share) {
    if (first_ != nullptr) release_all(share);
  }

 private:
  void release_all(BlockShare& share);

  Block* first_ = nullptr;
  Block* last_ = nullptr;
  Block* filling_ = nullptr;  // Blocks behind it are reserved and empty.
  std::size_t size_ = 0;
  std::size_t reserved_ = 0;  // Room in filling_ and behind it.
};

}  // namespace mote::lean
