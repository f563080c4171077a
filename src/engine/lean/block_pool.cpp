#include "engine/lean/block_pool.h"

#include <algorithm>
#include <new>

namespace mote::lean {

BlockPool::BlockPool(wire::MutableBytes memory, std::size_t block_bytes)
    : untouched_(memory), block_bytes_(block_bytes), free_blocks_(memory.size() / block_bytes) {
}

Block* BlockPool::take() {
  if (free_blocks_ == 0) return nullptr;
  --free_blocks_;
  Block* block = returned_;
  if (block != nullptr) {
    returned_ = block->next_block();
  } else {
    block = new (untouched_.data()) Block;
    untouched_ = untouched_.subspan(block_bytes_);
  }
  block->next = nullptr;
  block->data = block->storage();
  block->size = 0;
  return block;
}

void BlockPool::give_back(Block* block) {
  block->next = returned_;
  returned_ = block;
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
    if (tail_room(share) == 0) filling_ = filling_->next_block();
    const wire::Bytes piece = in.take(tail_room(share));
    std::copy(piece.begin(), piece.end(), const_cast<std::uint8_t*>(filling_->data) + filling_->size);
    filling_->size += piece.size();
  }
  size_ += bytes.size();
  reserved_ -= bytes.size();
  return true;
}

std::size_t BlockQueue::tail_room(const BlockShare& share) const {
  const auto used = static_cast<std::size_t>(filling_->data - filling_->storage()) + filling_->size;
  return share.capacity() - used;
}

void BlockQueue::drop(BlockShare& share, std::size_t bytes) {
  while (bytes != 0) {
    const std::size_t here = std::min(bytes, first_->size);
    first_->data += here;
    first_->size -= here;
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
