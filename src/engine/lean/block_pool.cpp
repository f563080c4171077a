#include "engine/lean/block_pool.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "bytes/byte_reader.h"
#include "bytes/byte_writer.h"
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

Block* BlockPool::take_small(BlockRows& rows) {
  Page* page = rows.partial;
  if (page == nullptr) {
    page = take_page();
    if (page == nullptr) return nullptr;
    page->free_small = kAllFree;
    page->rows = &rows;
    rows.free += std::uint32_t{kSmallInLarge};
    link_partial(*page);
  }
  const auto slot = static_cast<std::size_t>(std::countr_zero(page->free_small));
  page->free_small = static_cast<std::uint8_t>(page->free_small & (page->free_small - 1U));
  if (page->free_small == 0) unlink_partial(*page);
  --rows.free;
  --free_small_;
  return &make_block(*page, slot, kSmallBytes);
}

Block* BlockPool::take_large() {
  Page* page = take_page();
  if (page == nullptr) return nullptr;
  free_small_ -= kSmallInLarge;
  return &make_block(*page, 0, kLargeBytes);
}

std::size_t BlockPool::release(Block& block) {
  Page& page = pages_[block.place / kSmallInLarge];
  const bool shared = block.storage.size() == kSmallBytes && page.rows == &shared_;
  poison(block.storage.data(), block.storage.size());
  if (block.storage.size() == kLargeBytes) {
    free_small_ += kSmallInLarge;
  } else {
    ++free_small_;
    ++page.rows->free;
    if (page.free_small == 0) link_partial(page);
    page.free_small = static_cast<std::uint8_t>(page.free_small | 1U << block.place % kSmallInLarge);
    if (page.free_small != kAllFree) return shared ? 1 : 0;
    unlink_partial(page);
    page.rows->free -= std::uint32_t{kSmallInLarge};
  }
  page.next = returned_;
  returned_ = &page;
  ++free_pages_;
  return shared ? 1 : kSmallInLarge;
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
  BlockRows& rows = *page.rows;
  page.previous = nullptr;
  page.next = rows.partial;
  if (rows.partial != nullptr) rows.partial->previous = &page;
  rows.partial = &page;
}

void BlockPool::unlink_partial(Page& page) {
  (page.previous == nullptr ? page.rows->partial : page.previous->next) = page.next;
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
  ++used_;
  if (address_->takes_from_own_row()) {
    if (address_->rows.free == 0) address_->blocks += BlockPool::kSmallInLarge;
    return pool_.take_small(address_->rows);
  }
  ++shared_;
  ++address_->shared_blocks;
  ++address_->blocks;
  return pool_.take_small();
}

Block* BlockShare::take_large() {
  constexpr std::uint32_t kSmall = BlockPool::kSmallInLarge;
  if (most_ - used_ < kSmall || !address_->may_take_page(free())) return nullptr;
  used_ += kSmall;
  address_->blocks += kSmall;
  return pool_.take_large();
}

void BlockShare::release(Block& block) {
  const auto small = static_cast<std::uint32_t>(block.storage.size() / BlockPool::kSmallBytes);
  used_ -= small;
  const std::size_t freed = pool_.release(block);
  address_->blocks -= static_cast<std::uint32_t>(freed);
  if (small != 1 || freed != 1) return;
  --shared_;
  --address_->shared_blocks;
}

void BlockShare::move_to(AddressRow& address) {
  address_->blocks -= used_;
  address_->shared_blocks -= shared_;
  address_ = &address;
  address_->blocks += used_;
  address_->shared_blocks += shared_;
}

void BlockShare::count_aside(std::size_t before, std::size_t now) {
  const std::size_t held = aside_.used();
  aside_.release(before);
  aside_.use(now);
  pool_aside_.count(held, aside_.used(), small_of(promise_));
}

// Messages that wait may hold what was promised even after the promise.
void BlockShare::change_promise(Promise promise) {
  if (promise > largest_promise_) {
    aside_.allow_more(small_of(promise) - small_of(largest_promise_), most_);
    largest_promise_ = promise;
  }
  pool_aside_.change(aside_.used(), small_of(promise_), small_of(promise));
  promise_ = promise;
}

std::int32_t BlockShare::left_of(std::uint32_t small) const {
  const auto left = static_cast<std::int32_t>(small) - static_cast<std::int32_t>(aside_.used());
  return left * std::int32_t{BlockPool::kSmallBytes};
}

bool BlockQueue::reserve(BlockShare& share, std::size_t bytes, bool small) {
  if (bytes <= reserved_) return true;
  if (!share.could_take(bytes - reserved_)) return false;
  while (reserved_ < bytes) {
    Block* block = small ? share.take_small() : share.take(bytes - reserved_);
    if (first_ == nullptr) {
      first_ = block;
      filling_ = block;
    } else {
      last_->next = block;
    }
    last_ = block;
    reserved_ += static_cast<std::uint32_t>(block->storage.size());
  }
  return true;
}

MutableBytes ReservedRoom::take(std::size_t most) {
  while (block_ != nullptr && taken_ == block_->tail().size()) {
    block_ = block_->next_block();
    taken_ = 0;
  }
  if (block_ == nullptr) return {};
  const MutableBytes left = block_->tail().subspan(taken_);
  const MutableBytes part = left.first(std::min(left.size(), most));
  taken_ += part.size();
  return part;
}

ReservedRoom BlockQueue::reserved_room() const {
  return ReservedRoom(filling_);
}

void BlockQueue::commit(std::size_t bytes) {
  const auto size = static_cast<std::uint32_t>(bytes);
  size_ += size;
  reserved_ -= size;
  while (bytes != 0) {
    if (filling_->tail().empty()) filling_ = filling_->next_block();
    const std::size_t here = std::min(bytes, filling_->tail().size());
    filling_->fill(here);
    bytes -= here;
  }
}

bool BlockQueue::append(BlockShare& share, Bytes bytes) {
  if (!reserve(share, bytes.size())) return false;
  ByteReader in(bytes);
  ReservedRoom room = reserved_room();
  while (!in.empty()) {
    const MutableBytes part = room.take(in.remaining());
    const Bytes piece = in.take(part.size());
    std::copy(piece.begin(), piece.end(), part.begin());
  }
  commit(bytes.size());
  return true;
}

void BlockQueue::discard(BlockShare& share, std::size_t bytes) {
  while (bytes != 0) {
    const std::size_t here = std::min(bytes, first_->size);
    first_->discard(here);
    size_ -= static_cast<std::uint32_t>(here);
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

void BlockQueue::take_blocks(BlockQueue& from, std::size_t bytes) {
  while (bytes != 0) {
    Block& block = from.take_first();
    block.size = std::min(block.size, bytes);
    bytes -= block.size;
    size_ += static_cast<std::uint32_t>(block.size);
    if (first_ == nullptr) {
      first_ = &block;
    } else {
      last_->next = &block;
    }
    last_ = &block;
    filling_ = &block;
    reserved_ = static_cast<std::uint32_t>(block.tail().size());
  }
}

Block& BlockQueue::take_first() {
  Block& block = *first_;
  first_ = block.next_block();
  size_ -= static_cast<std::uint32_t>(block.size);
  if (first_ == nullptr) {
    *this = BlockQueue();
  } else if (filling_ == &block) {
    filling_ = first_;
    reserved_ -= static_cast<std::uint32_t>(block.tail().size());
  }
  block.next = nullptr;
  return block;
}

void BlockQueue::copy(std::size_t from, MutableBytes to) const {
  ByteWriter out(to);
  for (const Block* block = first_; block != nullptr && out.room() != 0; block = block->next_block()) {
    const std::size_t skipped = std::min(from, block->size);
    from -= skipped;
    const Bytes piece = block->content().subspan(skipped);
    out.bytes(piece.first(std::min(piece.size(), out.room())));
  }
}

void BlockQueue::clear_content() {
  size_ = 0;
  reserved_ = 0;
  filling_ = first_;
  for (Block* block = first_; block != nullptr; block = block->next_block()) {
    block->begin = 0;
    block->size = 0;
    block->data = block->storage.data();
    reserved_ += static_cast<std::uint32_t>(block->storage.size());
  }
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
