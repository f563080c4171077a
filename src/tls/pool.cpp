#include "tls/pool.h"

#include <algorithm>
#include <cstring>

namespace mote::tls {

void Pool::take(MutableBytes memory) {
  memory_ = memory.first(memory.size() / kHeaderBytes * kHeaderBytes);
  set(0, Word::Size, static_cast<std::uint32_t>(memory_.size()));
  set(0, Word::SizeBefore, 0);
  link(0, kNone, kNone);
}

void* Pool::allocate(std::size_t bytes) {
  if (bytes > memory_.size()) return nullptr;
  const auto rounded = static_cast<std::uint32_t>((bytes + kHeaderBytes - 1) / kHeaderBytes * kHeaderBytes);
  const std::uint32_t wanted = std::max(rounded + kHeaderBytes, kLeastBytes);
  Block block = first_free_;
  while (block != kNone && size_of(block) < wanted)
    block = get(block, Word::Next);
  if (block == kNone) return nullptr;

  const std::uint32_t rest = size_of(block) - wanted;
  if (rest < kLeastBytes) {
    unlink(block);
  } else {
    // The rest takes the place in the list.
    const Block end = block + wanted;
    const Block previous = get(block, Word::Previous);
    const Block next = get(block, Word::Next);
    resize(block, wanted);
    resize(end, rest);
    link(end, previous, next);
  }
  const std::uint32_t size = size_of(block);
  set(block, Word::Size, size | kUsed);
  used_ += size;
  most_ = std::max(most_, used_);
  return std::memset(memory_.subspan(block + kHeaderBytes).data(), 0, rounded);
}

void Pool::release(void* bytes) {
  auto block = static_cast<Block>(static_cast<std::uint8_t*>(bytes) - memory_.data()) - kHeaderBytes;
  std::uint32_t size = size_of(block);
  used_ -= size;
  const Block next = block + size;
  if (next < memory_.size() && is_free(next)) {
    unlink(next);
    size += size_of(next);
  }
  const std::uint32_t before = get(block, Word::SizeBefore);
  if (before != 0 && is_free(block - before)) {
    block -= before;
    size += before;
  } else {
    const Block previous = free_before(block);
    link(block, previous, previous == kNone ? first_free_ : get(previous, Word::Next));
  }
  resize(block, size);
}

// Memory of the library becomes memory of the pool and the other way: so it is copied, and no compiler sees two types.
std::uint32_t Pool::get(Block block, Word word) const {
  std::uint32_t value = 0;
  std::memcpy(&value, memory_.subspan(block + static_cast<std::size_t>(word) * sizeof(value)).data(), sizeof(value));
  return value;
}

void Pool::set(Block block, Word word, std::uint32_t value) {
  std::memcpy(memory_.subspan(block + static_cast<std::size_t>(word) * sizeof(value)).data(), &value, sizeof(value));
}

// The free block before this one in the memory.
Pool::Block Pool::free_before(Block block) const {
  while (block != 0) {
    block -= get(block, Word::SizeBefore);
    if (is_free(block)) return block;
  }
  return kNone;
}

// The block is free.
void Pool::resize(Block block, std::uint32_t size) {
  set(block, Word::Size, size);
  const Block next = block + size;
  if (next < memory_.size()) set(next, Word::SizeBefore, size);
}

void Pool::link(Block block, Block previous, Block next) {
  set(block, Word::Previous, previous);
  set(block, Word::Next, next);
  if (next != kNone) set(next, Word::Previous, block);
  if (previous == kNone) {
    first_free_ = block;
  } else {
    set(previous, Word::Next, block);
  }
}

void Pool::unlink(Block block) {
  const Block previous = get(block, Word::Previous);
  const Block next = get(block, Word::Next);
  if (next != kNone) set(next, Word::Previous, previous);
  if (previous == kNone) {
    first_free_ = next;
  } else {
    set(previous, Word::Next, next);
  }
}

}  // namespace mote::tls
