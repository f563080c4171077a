#include "engine/lean/block_pool.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "bytes/byte_reader.h"
#include "engine/lean/poison.h"

namespace mote::lean {

namespace {
constexpr std::uint8_t kAllFree = (1U << BlockPool::kSmallInLarge) - 1;
}

void Block::discard(std::size_t bytes) {
  begin += static_cast<std::uint32_t>(bytes);
  size -= bytes;
  data = storage.subspan(begin).data();
}

BlockPool::BlockPool(std::span<Page> pages, MutableBytes storage)
    : pages_(pages), storage_(storage), free_pages_(pages.size()), free_small_(pages.size() * kSmallInLarge) {
}

Block* BlockPool::take_small() {
  Page* page = partial_;
  if (page == nullptr) {
    page = take_page();
    if (page == nullptr) return nullptr;
    page->free_small = kAllFree;
    link_partial(*page);
  }
  const auto slot = static_cast<std::size_t>(std::countr_zero(page->free_small));
  page->free_small = static_cast<std::uint8_t>(page->free_small & (page->free_small - 1U));
  if (page->free_small == 0) unlink_partial(*page);
  --free_small_;
  return &make_block(*page, slot, kSmallBytes);
}

Block* BlockPool::take_large() {
  Page* page = take_page();
  if (page == nullptr) return nullptr;
  free_small_ -= kSmallInLarge;
  return &make_block(*page, 0, kLargeBytes);
}

void BlockPool::release(Block& block) {
  Page& page = pages_[block.place / kSmallInLarge];
  poison(block.storage.data(), block.storage.size());
  if (block.storage.size() == kLargeBytes) {
    free_small_ += kSmallInLarge;
  } else {
    ++free_small_;
    if (page.free_small == 0) link_partial(page);
    page.free_small = static_cast<std::uint8_t>(page.free_small | 1U << block.place % kSmallInLarge);
    if (page.free_small != kAllFree) return;
    unlink_partial(page);
  }
  page.next = returned_;
  returned_ = &page;
  ++free_pages_;
}

BlockPool::Page* BlockPool::take_page() {
  if (free_pages_ == 0) return nullptr;
  --free_pages_;
  if (returned_ != nullptr) return std::exchange(returned_, returned_->next);
  return new (&pages_[touched_++]) Page;
}

Block& BlockPool::make_block(Page& page, std::size_t slot, std::size_t size_bytes) {
  const auto index = static_cast<std::size_t>(&page - pages_.data());
  Block& block = page.blocks[slot];
  block.storage = storage_.subspan(index * kLargeBytes + slot * kSmallBytes, size_bytes);
  block.place = static_cast<std::uint32_t>(index * kSmallInLarge + slot);
  block.next = nullptr;
  block.data = block.storage.data();
  block.size = 0;
  block.begin = 0;
  unpoison(block.storage.data(), size_bytes);
  return block;
}

void BlockPool::link_partial(Page& page) {
  page.previous = nullptr;
  page.next = partial_;
  if (partial_ != nullptr) partial_->previous = &page;
  partial_ = &page;
}

void BlockPool::unlink_partial(Page& page) {
  (page.previous == nullptr ? partial_ : page.previous->next) = page.next;
  if (page.next != nullptr) page.next->previous = page.previous;
}

Block* BlockShare::take(std::size_t wanted_bytes) {
  if (wanted_bytes >= BlockPool::kLargeBytes) {
    if (Block* block = take_large()) return block;
  }
  return take_small();
}

Block* BlockShare::take_small() {
  if (used_ == most_ || !address_->may_take_blocks(1, free())) return nullptr;
  Block* block = pool_.take_small();
  if (block != nullptr) count(1);
  return block;
}

Block* BlockShare::take_large() {
  constexpr std::size_t kSmall = BlockPool::kSmallInLarge;
  if (most_ - used_ < kSmall || !address_->may_take_blocks(kSmall, free())) return nullptr;
  Block* block = pool_.take_large();
  if (block != nullptr) count(kSmall);
  return block;
}

void BlockShare::release(Block& block) {
  const auto small = static_cast<std::uint32_t>(block.storage.size() / BlockPool::kSmallBytes);
  used_ -= small;
  address_->blocks -= small;
  pool_.release(block);
}

void BlockShare::count(std::uint32_t small) {
  used_ += small;
  address_->blocks += small;
}

void BlockShare::move_to(AddressRow& address) {
  address_->blocks -= used_;
  address_ = &address;
  address_->blocks += used_;
}

void BlockShare::count_aside(std::size_t before, std::size_t now) {
  for (SetAside* aside : {&aside_, &pool_aside_}) {
    aside->release(before);
    aside->use(now);
  }
}

bool BlockQueue::reserve(BlockShare& share, std::size_t bytes) {
  if (bytes <= reserved_) return true;
  if (!share.could_take(bytes - reserved_)) return false;
  while (reserved_ < bytes) {
    Block* block = share.take(bytes - reserved_);
    if (first_ == nullptr) {
      first_ = block;
      filling_ = block;
    } else {
      last_->next = block;
    }
    last_ = block;
    reserved_ += block->storage.size();
  }
  return true;
}

bool BlockQueue::append(BlockShare& share, Bytes bytes) {
  if (!reserve(share, bytes.size())) return false;
  ByteReader in(bytes);
  while (!in.empty()) {
    if (filling_->tail().empty()) filling_ = filling_->next_block();
    const MutableBytes tail = filling_->tail();
    const Bytes piece = in.take(tail.size());
    std::copy(piece.begin(), piece.end(), tail.begin());
    filling_->fill(piece.size());
  }
  size_ += bytes.size();
  reserved_ -= bytes.size();
  return true;
}

void BlockQueue::discard(BlockShare& share, std::size_t bytes) {
  while (bytes != 0) {
    const std::size_t here = std::min(bytes, first_->size);
    first_->discard(here);
    size_ -= here;
    bytes -= here;
    if (size_ == 0) return clear(share);
    if (first_->size != 0) continue;
    Block* done = first_;
    first_ = done->next_block();
    share.release(*done);
  }
}

std::size_t BlockQueue::move_to(BlockShare& share, MutableBytes to) {
  std::size_t moved = 0;
  while (moved < to.size() && !empty()) {
    const Bytes piece = front().first(std::min(front().size(), to.size() - moved));
    std::copy(piece.begin(), piece.end(), to.begin() + static_cast<std::ptrdiff_t>(moved));
    moved += piece.size();
    discard(share, piece.size());
  }
  return moved;
}

void BlockQueue::release_all(BlockShare& share) {
  while (first_ != nullptr) {
    Block* block = first_;
    first_ = block->next_block();
    share.release(*block);
  }
  *this = BlockQueue();
}

}  // namespace mote::lean
