// Memory for data that outlives one turn of the loop: incomplete messages, unsent replies and metadata. All connections
// use one pool, and each has a share of it.
//
// The pool consists of pages. A page is one large block or a row of small blocks. Small blocks hold the few bytes of many
// calls; large blocks hold big messages and data that must be contiguous. A row is shared by all addresses or belongs to one of
// them (address_table.h), so that no address can keep all pages from others with one small block in each.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/lean/address_table.h"
#include "mote/bytes.h"
#include "mote/span.h"

namespace mote::lean {

// `data` and `size` are the used part of the storage. A list of blocks is a message in the form that the codec reads
// (mote/bytes.h).
struct Block : mote_piece {
  MutableBytes storage;
  std::uint32_t begin = 0;  // Of the part in use.
  std::uint32_t place = 0;  // In the pool; the pool's own.

  [[nodiscard]] Bytes content() const { return {data, size}; }
  // The free storage after the content; fill() reports how much of it was written.
  [[nodiscard]] MutableBytes tail() const { return storage.subspan(begin + size); }
  void fill(std::size_t bytes) { size += bytes; }
  // Discards bytes at the front of the content.
  void discard(std::size_t bytes);
  // The list is const to the codec only.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  [[nodiscard]] Block* next_block() const { return static_cast<Block*>(const_cast<mote_piece*>(next)); }
};

// The state of BlockPool::kLargeBytes of the storage.
struct BlockPage {
  static constexpr std::size_t kSmallInLarge = 8;

  std::array<Block, kSmallInLarge> blocks;
  BlockPage* next = nullptr;
  BlockPage* previous = nullptr;
  BlockRows* rows = nullptr;    // Of a row: which rows it is one of.
  std::uint8_t free_small = 0;  // A bit for each small block that is not taken.
};

class BlockPool {
 public:
  using Page = BlockPage;
  static constexpr std::size_t kSmallBytes = 1024;
  static constexpr std::size_t kSmallInLarge = Page::kSmallInLarge;
  static constexpr std::size_t kLargeBytes = kSmallBytes * kSmallInLarge;

  // kLargeBytes of `storage` for each page. Both uninitialised.
  BlockPool(std::span<Page> pages, MutableBytes storage);

  // An empty block that is in no list, or nullptr. Its storage is uninitialised.
  Block* take_small() { return take_small(shared_); }
  // In one of these rows, or in a new one of them. They stay until all their blocks are released.
  Block* take_small(BlockRows& rows);
  Block* take_large();
  // Returns how many small blocks that makes free for all: of a row that is not shared, all when the last one is released.
  std::size_t release(Block& block);
  // Number of small blocks that are free.
  [[nodiscard]] std::size_t free_small() const { return free_small_; }
  // Those of them in pages that are wholly free: only such a page becomes a large block.
  [[nodiscard]] std::size_t free_in_pages() const { return free_pages_ * kSmallInLarge; }
  // Those of them in shared rows.
  [[nodiscard]] std::size_t free_in_shared_rows() const { return shared_.free; }

 private:
  Page* take_page();
  Block& make_block(Page& page, std::size_t slot, std::size_t size_bytes);
  static void link_partial(Page& page);
  static void unlink_partial(Page& page);

  std::span<Page> pages_;
  MutableBytes storage_;
  // Pages that have been used before come first: they are in the cache, and the others may never become resident.
  Page* returned_ = nullptr;
  BlockRows shared_;
  std::size_t touched_ = 0;
  std::size_t free_pages_;
  std::size_t free_small_;
};

// Number of small blocks needed for `bytes`.
constexpr std::size_t small_for(std::size_t bytes) {
  return (bytes + BlockPool::kSmallBytes - 1) / BlockPool::kSmallBytes;
}

// The budget for the beginnings of messages that are not admitted yet: at most half of all. Counted in small blocks.
class SetAside {
 public:
  SetAside(std::size_t wanted_bytes, std::size_t all_small)
      : most_(static_cast<std::uint32_t>(std::min(small_for(wanted_bytes), all_small / 2))) {}
  void use(std::size_t small) { used_ += static_cast<std::uint32_t>(small); }
  void release(std::size_t small) { used_ -= static_cast<std::uint32_t>(small); }
  void allow_more(std::uint32_t small, std::uint32_t all_small) { most_ = std::min(most_ + small, all_small / 2); }
  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] std::size_t left() const { return used_ < most_ ? most_ - used_ : 0; }

 private:
  std::uint32_t most_;
  std::uint32_t used_ = 0;
};

// What the whole pool sets aside: for the beginnings of messages, and for its promises to connections with large windows
// (large_windows.h). What promises take above the rest of the pool is taken from the beginnings. Counted in small blocks.
class PoolAside {
 public:
  // One promise: a message of 65,530 bytes, and DATA that the connection's window is not refilled for yet.
  static constexpr std::uint32_t kPromise = 68;
  // The same for an upload window of `bytes` (upload-window-bytes): what a peer sends of further messages before it learns
  // that they are admitted.
  static constexpr std::uint32_t upload_promise_for(std::size_t bytes) {
    return static_cast<std::uint32_t>(small_for(bytes + kUploadRefillBytes));
  }
  // A WINDOW_UPDATE for fewer bytes is not worth its own.
  static constexpr std::size_t kUploadRefillBytes = 8192;

  // `promisable`: for beginnings and promises together, of which promises take at most `most_promised`.
  PoolAside(std::size_t wanted_bytes, std::size_t all_small, std::size_t promisable = 0, std::size_t most_promised = 0,
            std::uint32_t upload_promise = 0)
      : begun_(wanted_bytes, all_small),
        promisable_(static_cast<std::uint32_t>(promisable)),
        most_promised_(static_cast<std::uint32_t>(most_promised)),
        upload_promise_(upload_promise) {}

  [[nodiscard]] bool may_promise() const { return promised_ + kPromise <= most_promised_; }
  // Of an upload window.
  [[nodiscard]] std::uint32_t upload_promise() const { return upload_promise_; }
  // Whether one may become upload_promise(), so that `later` more promises still fit.
  [[nodiscard]] bool may_enlarge(std::size_t later) const {
    return promised_ + upload_promise_ - kPromise + later * kPromise <= most_promised_;
  }
  // The promise to a connection that holds `used` blocks of beginnings changes from `before` to `now`.
  void change(std::size_t used, std::uint32_t before, std::uint32_t now) {
    count(used, 0, before);
    promised_ += now - before;
    count(0, used, now);
  }
  // The calls of a connection with this promise hold `now` blocks; they held `before`. What exceeds its promise counts as
  // beginnings: the promises to others are not for it.
  void count(std::size_t before, std::size_t now, std::uint32_t promise) {
    const std::size_t used_before = std::min<std::size_t>(before, promise);
    const std::size_t used_now = std::min<std::size_t>(now, promise);
    used_of_promises_ += static_cast<std::uint32_t>(used_now) - static_cast<std::uint32_t>(used_before);
    begun_.release(before - used_before);
    begun_.use(now - used_now);
  }
  [[nodiscard]] std::size_t left() const { return begun_left() + promises_left(); }
  [[nodiscard]] std::size_t promises_left() const { return promised_ - used_of_promises_; }

 private:
  [[nodiscard]] std::size_t begun_left() const {
    if (promised_ == 0) return begun_.left();
    const std::size_t held = promised_ + begun_.used();
    return held < promisable_ ? std::min(begun_.left(), promisable_ - held) : 0;
  }

  SetAside begun_;
  std::uint32_t promisable_;
  std::uint32_t most_promised_;
  std::uint32_t upload_promise_;
  std::uint32_t promised_ = 0;
  std::uint32_t used_of_promises_ = 0;
};

// One connection's share of the pool, which counts in the share of its address too.
class BlockShare {
 public:
  // `aside_bytes` of the share are set aside, and `pool_aside` of the pool.
  BlockShare(BlockPool& pool, PoolAside& pool_aside, AddressRow& address, std::size_t most_bytes,
             std::size_t aside_bytes)
      : pool_(pool),
        pool_aside_(pool_aside),
        address_(&address),
        aside_(aside_bytes, most_bytes / BlockPool::kSmallBytes),
        most_(static_cast<std::uint32_t>(most_bytes / BlockPool::kSmallBytes)) {}

  // nullptr if the share or the pool is exhausted. take() returns a large block only if all of it is needed.
  Block* take(std::size_t wanted_bytes);
  Block* take_small();
  Block* take_large();
  void release(Block& block);
  // Whether blocks for `bytes` are available now, of the sizes that take() returns.
  [[nodiscard]] bool could_take(std::size_t bytes) const {
    return !exceeded_by(bytes) && address_->may_take_blocks(small_for(bytes), free());
  }
  // The same where it is easy to see, in a few instructions; false does not mean that there are none.
  [[nodiscard]] bool could_easily_take(std::size_t bytes) const {
    const std::size_t most = small_for(bytes) + 2 * BlockPool::kSmallInLarge;  // With pages that are filled in part.
    return used_ + most <= most_ && most <= pool_.free_in_pages() && address_->within_quarter_with(most);
  }
  // Whether `bytes` exceed the rest of the share, regardless of the pool.
  [[nodiscard]] bool exceeded_by(std::size_t bytes) const { return small_for(bytes) > most_ - used_; }
  // Whether `bytes` are available now outside the memory set aside. The `own` small blocks that a call holds there count
  // as free.
  [[nodiscard]] bool could_admit(std::size_t bytes, std::size_t own) const {
    const std::size_t small = small_for(bytes) + own;
    return could_admit_but_for_pool(bytes, own) && address_->may_take_blocks(small, free(pool_aside_.left()));
  }
  // The same for the share alone, regardless of the pool.
  [[nodiscard]] bool could_admit_but_for_pool(std::size_t bytes, std::size_t own) const {
    return small_for(bytes) + own + aside_.left() <= most_ - used_;
  }
  // A call now holds `now` small blocks of the memory set aside; it held `before`.
  void count_aside(std::size_t before, std::size_t now);

  // --- The promise (PoolAside) ---

  // Half of the share is for messages that are admitted, as without a promise.
  [[nodiscard]] bool may_promise(std::uint32_t small = PoolAside::kPromise) const { return most_ / 2 >= small; }
  void begin_promise() { change_promise(Promise::Large); }
  void enlarge_promise() { change_promise(Promise::Upload); }
  void reduce_promise() { change_promise(Promise::Large); }
  void end_promise() { change_promise(Promise::None); }
  [[nodiscard]] bool promised() const { return promise_ != Promise::None; }
  // For an upload window.
  [[nodiscard]] bool enlarged() const { return promise_ == Promise::Upload; }
  // No message waits for memory, or uses the promise.
  [[nodiscard]] bool nothing_aside() const { return aside_.used() == 0; }
  // The beginnings fit the smaller promise.
  [[nodiscard]] bool could_reduce_promise() const { return aside_.used() <= PoolAside::kPromise; }
  // Of a promise of `small` blocks, in bytes.
  [[nodiscard]] std::int32_t left_of(std::uint32_t small) const;
  // Whether `bytes` of a message may be admitted into the promise, and memory for a reply is available too. One message at a
  // time is, from use_promise() to its end.
  [[nodiscard]] bool could_use_promise(std::size_t bytes, std::size_t reply_bytes) const {
    const std::size_t small = small_for(bytes);
    return promised() && !promise_in_use_ && aside_.used() + small <= small_of(promise_) &&
           small_for(reply_bytes) + std::max(small, aside_.left()) <= most_ - used_ && could_take(bytes + reply_bytes);
  }
  void use_promise() { promise_in_use_ = true; }
  void leave_promise() { promise_in_use_ = false; }

  // In small blocks.
  [[nodiscard]] std::uint32_t used() const { return used_; }
  // Whether `bytes` exceed what the address may take, although the pool has them.
  [[nodiscard]] bool address_exceeded_by(std::size_t bytes) const {
    const std::size_t small = small_for(bytes);
    const FreeBlocks all = free();
    return small <= address_->rows.free + all.small && !address_->may_take_blocks(small, all);
  }
  [[nodiscard]] AddressRow& address() const { return *address_; }
  // Counts what is used at another address, until now at that of trusted proxies, whose rows are all shared.
  void move_to(AddressRow& address);

 private:
  enum class Promise : std::uint8_t { None, Large, Upload };

  [[nodiscard]] std::uint32_t small_of(Promise promise) const {
    if (promise == Promise::None) return 0;
    return promise == Promise::Large ? PoolAside::kPromise : pool_aside_.upload_promise();
  }
  void change_promise(Promise promise);
  // What is free for all beside `aside` small blocks.
  [[nodiscard]] FreeBlocks free(std::size_t aside = 0) const {
    const std::size_t all = pool_.free_in_pages() + pool_.free_in_shared_rows();
    const std::size_t small = all - std::min(all, aside);
    return {.small = small, .in_pages = pool_.free_in_pages(), .in_shared_rows = pool_.free_in_shared_rows()};
  }

  BlockPool& pool_;
  PoolAside& pool_aside_;
  AddressRow* address_;
  SetAside aside_;
  std::uint32_t most_;
  std::uint32_t used_ = 0;
  std::uint32_t shared_ = 0;  // Of them, those in shared rows.
  Promise promise_ = Promise::None;
  Promise largest_promise_ = Promise::None;  // Until now.
  bool promise_in_use_ = false;
};

// The room that a BlockQueue has reserved, part by part.
class ReservedRoom {
 public:
  explicit ReservedRoom(const Block* block) : block_(block) {}

  // The next part, of at most `most` bytes; empty at the end.
  MutableBytes take(std::size_t most);

 private:
  const Block* block_;     // May be nullptr.
  std::size_t taken_ = 0;  // Of its tail.
};

// A first-in, first-out queue of bytes in blocks of a share. The owner calls clear() before it destroys the queue.
class BlockQueue {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // With what is reserved.
  [[nodiscard]] std::size_t capacity() const { return size_ + reserved_; }
  [[nodiscard]] const mote_piece* pieces() const { return first_; }

  // Reserves room to append `bytes`. On failure it returns false and takes nothing. `small`: in small blocks only, so that discard()
  // releases them soon.
  [[nodiscard]] bool reserve(BlockShare& share, std::size_t bytes, bool small = false);
  // Returns false if no block is free; then nothing was appended.
  [[nodiscard]] bool append(BlockShare& share, Bytes bytes);
  // The reserved room, to be written to from its front; commit() appends what was written.
  [[nodiscard]] ReservedRoom reserved_room() const;
  void commit(std::size_t bytes);

  // The contiguous bytes at the front.
  [[nodiscard]] Bytes front() const { return first_->content(); }
  // Discards bytes at the front and releases their blocks.
  void discard(BlockShare& share, std::size_t bytes);
  // Moves bytes from the front to `to` until either ends; returns their number.
  std::size_t move_to(BlockShare& share, MutableBytes to);
  // Appends the blocks that hold the first `bytes` of `from`, without a copy. What the last of them holds behind these bytes is
  // discarded. No blocks may be reserved here.
  void take_blocks(BlockQueue& from, std::size_t bytes);
  // Copies what is behind the first `from` bytes until it or `to` ends.
  void copy(std::size_t from, MutableBytes to) const;
  // Discards the content and keeps its blocks as reserved room.
  void clear_content();
  void clear(BlockShare& share) {
    if (first_ != nullptr) release_all(share);
  }

 private:
  void release_all(BlockShare& share);
  // Removes the first block; the caller owns it.
  Block& take_first();

  Block* first_ = nullptr;
  Block* last_ = nullptr;
  Block* filling_ = nullptr;  // Blocks after it are reserved and empty.
  // At most connection-buffer-bytes, which is at most 1 GiB. Small, because each connection and call has such queues.
  std::uint32_t size_ = 0;
  std::uint32_t reserved_ = 0;  // Room in filling_ and the blocks after it.
};

}  // namespace mote::lean
