#include "engine/lean/block_pool.h"

#include <algorithm>
#include <new>

#include "engine/lean/poison.h"

namespace mote::lean {

void Block::drop(std::size_t bytes) {
  begin += bytes;
  size -= bytes;
  data = storage.subspan(begin).data();
}

BlockPool::BlockPool(std::span<Block> blocks, wire::MutableBytes storage)
    : untouched_(blocks),
      untouched_storage_(storage),
      capacity_(storage.size() / blocks.size()),
      free_blocks_(blocks.size()) {
}

BlockPool::~BlockPool() {
  for (; returned_ != nullptr; returned_ = returned_->next_block())
    unpoison(returned_->storage.data(), capacity_);
}

Block* BlockPool::take() {
  if (free_blocks_ == 0) return nullptr;
  --free_blocks_;
  Block* block = returned_;
  if (block != nullptr) {
    returned_ = block->next_block();
    unpoison(block->storage.data(), capacity_);
  } else {
    block = new (untouched_.data()) Block;
    block->storage = untouched_storage_.first(capacity_);
    untouched_ = untouched_.subspan(1);
    untouched_storage_ = untouched_storage_.subspan(capacity_);
  }
  block->next = nullptr;
  block->data = block->storage.data();
  block->size = 0;
  block->begin = 0;
  return block;
}

void BlockPool::give_back(Block* block) {
  block->next = returned_;
  returned_ = block;
  poison(block->storage.data(), capacity_);
  ++free_blocks_;
}

Block* BlockShare::take() {
  if (used_ == most_) return nullptr;
  Block* block = pool_.take();
  if (block != nullptr) ++used_;
  return block;
}

void BlockShare::give_back(Block* block) {
  --used_;
  pool_.give_back(block);
}

bool BlockQueue::reserve(BlockShare& share, std::size_t bytes) {
  if (bytes <= reserved_) return true;
  if (!share.could_take(bytes - reserved_)) return false;
  while (reserved_ < bytes) {
    Block* block = share.take();
    if (first_ == nullptr) {
      first_ = block;
      filling_ = block;
    } else {
      last_->next = block;
    }
    last_ = block;
    reserved_ += share.capacity();
  }
  return true;
}

bool BlockQueue::append(BlockShare& share, wire::Bytes bytes) {
  if (!reserve(share, bytes.size())) return false;
  wire::ByteReader in(bytes);
  while (!in.empty()) {
    if (filling_->tail().empty()) filling_ = filling_->next_block();
    const wire::MutableBytes tail = filling_->tail();
    const wire::Bytes piece = in.take(tail.size());
    std::copy(piece.begin(), piece.end(), tail.begin());
    filling_->fill(piece.size());
  }
  size_ += bytes.size();
  reserved_ -= bytes.size();
  return true;
}

void BlockQueue::drop(BlockShare& share, std::size_t bytes) {
  while (bytes != 0) {
    const std::size_t here = std::min(bytes, first_->size);
    first_->drop(here);
    size_ -= here;
    bytes -= here;
    if (size_ == 0) return clear(share);
    if (first_->size != 0) continue;
    Block* done = first_;
    first_ = done->next_block();
    share.give_back(done);
  }
}

std::size_t BlockQueue::move_to(BlockShare& share, wire::MutableBytes to) {
  std::size_t moved = 0;
  while (moved < to.size() && !empty()) {
    const wire::Bytes piece = front().first(std::min(front().size(), to.size() - moved));
    std::copy(piece.begin(), piece.end(), to.begin() + static_cast<std::ptrdiff_t>(moved));
    moved += piece.size();
    drop(share, piece.size());
  }
  return moved;
}

void BlockQueue::clear(BlockShare& share) {
  while (first_ != nullptr) {
    Block* block = first_;
    first_ = block->next_block();
    share.give_back(block);
  }
  *this = BlockQueue();
}

}  // namespace mote::lean
