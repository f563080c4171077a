// Memory for what outlives one turn of the loop: messages that come in parts, replies that a peer has not taken yet,
// metadata. One pool of equal blocks for all connections, and a share of it for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/bytes.h"
#include "wire/bytes.h"

namespace mote::lean {

// `data` and `size` are the part of the storage that is in use. Blocks in a list are a message as the codec reads it
// (codec/bytes.h).
struct Block : mote_piece {
  wire::MutableBytes storage;
  std::size_t begin;  // Of the part in use.

  [[nodiscard]] wire::Bytes content() const { return {data, size}; }
  // What is free behind the content; fill() says how much of it was written.
  [[nodiscard]] wire::MutableBytes tail() const { return storage.subspan(begin + size); }
  void fill(std::size_t bytes) { size += bytes; }
  // Drops bytes at the front of the content.
  void drop(std::size_t bytes);
  [[nodiscard]] Block* next_block() const { return static_cast<Block*>(const_cast<mote_piece*>(next)); }
};

class BlockPool {
 public:
  // Every block gets the same part of `storage`. Both uninitialised.
  BlockPool(std::span<Block> blocks, wire::MutableBytes storage);
  ~BlockPool();

  // A block in no list, empty; nullptr when all are taken. Its storage holds anything.
  Block* take();
  void give_back(Block* block);
  [[nodiscard]] std::size_t free_blocks() const { return free_blocks_; }
  // What one block holds.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  // Blocks that have been used before come first: they are in the cache, and the others may never become resident.
  Block* returned_ = nullptr;
  std::span<Block> untouched_;
  wire::MutableBytes untouched_storage_;
  std::size_t capacity_;
  std::size_t free_blocks_;
};

// One connection's share of the pool.
class BlockShare {
 public:
  BlockShare(BlockPool& pool, std::size_t most_bytes)
      : pool_(pool), most_(static_cast<std::uint32_t>(most_bytes / pool.capacity() + 1)) {}

  // nullptr: the share or the pool is used up.
  Block* take();
  void give_back(Block* block);
  // Whether so many bytes could be had now.
  [[nodiscard]] bool could_take(std::size_t bytes) const {
    return !exceeded_by(bytes) && blocks_for(bytes) <= pool_.free_blocks();
  }
  [[nodiscard]] std::size_t capacity() const { return pool_.capacity(); }
  // Whether so many bytes are more than the share has left, whatever the pool has.
  [[nodiscard]] bool exceeded_by(std::size_t bytes) const { return blocks_for(bytes) > most_ - used_; }
  [[nodiscard]] std::uint32_t used() const { return used_; }

 private:
  [[nodiscard]] std::size_t blocks_for(std::size_t bytes) const { return (bytes + capacity() - 1) / capacity(); }

  BlockPool& pool_;
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
  [[nodiscard]] bool append(BlockShare& share, wire::Bytes bytes);

  // The bytes at the front that lie together.
  [[nodiscard]] wire::Bytes front() const { return first_->content(); }
  // Drops bytes at the front, and blocks with them.
  void drop(BlockShare& share, std::size_t bytes);
  // Moves bytes from the front to `to` until one of them is at its end; returns how many.
  std::size_t move_to(BlockShare& share, wire::MutableBytes to);
  void clear(BlockShare& share);

 private:
  Block* first_ = nullptr;
  Block* last_ = nullptr;
  Block* filling_ = nullptr;  // Blocks behind it are reserved and empty.
  std::size_t size_ = 0;
  std::size_t reserved_ = 0;  // Room in filling_ and behind it.
};

}  // namespace mote::lean
