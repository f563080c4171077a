#include "pool.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace mote::tls_port {

Pool::Header& Pool::at(std::size_t offset) const {
  return *static_cast<Header*>(static_cast<void*>(memory_.subspan(offset).data()));
}

// The header comes before an address that is a multiple of 8.
void Pool::take(MutableBytes memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  const std::size_t skipped = (2 * kGranule - sizeof(Header) - address % kGranule) % kGranule;
  memory_ = memory.size() < skipped + kGranule ? MutableBytes{} : memory.subspan(skipped);
  memory_ = memory_.first(memory_.size() / kGranule * kGranule);
  most_bytes_ = 0;
  if (!memory_.empty()) at(0).size = memory_.size();
}

void Pool::join(std::size_t offset) const {
  Header& block = at(offset);
  for (std::size_t next = offset + block.size; next < memory_.size(); next = offset + block.size) {
    if ((at(next).size & kUsed) != 0) return;
    block.size += at(next).size;
  }
}

void* Pool::allocate(std::size_t bytes) {
  if (bytes == 0 || bytes > memory_.size()) return nullptr;
  const std::size_t needed = (bytes + sizeof(Header) + kGranule - 1) / kGranule * kGranule;
  for (std::size_t offset = 0; offset < memory_.size(); offset += at(offset).size & ~kUsed) {
    Header& block = at(offset);
    if ((block.size & kUsed) != 0) continue;
    join(offset);
    if (block.size < needed) continue;
    if (block.size > needed) at(offset + needed).size = block.size - needed;
    block.size = needed | kUsed;
    most_bytes_ = std::max(most_bytes_, offset + needed);
    return std::memset(memory_.subspan(offset + sizeof(Header)).data(), 0, needed - sizeof(Header));
  }
  return nullptr;
}

void Pool::release(void* block) {
  if (block == nullptr) return;
  const auto offset = static_cast<std::size_t>(static_cast<std::uint8_t*>(block) - memory_.data()) - sizeof(Header);
  at(offset).size &= ~kUsed;
}

}  // namespace mote::tls_port
