#include "engine/lean/arena.h"

#include <sys/mman.h>

#include <cstdlib>

#include "engine/lean/poison.h"

namespace mote::lean {

namespace {
constexpr std::size_t kAlignment = alignof(std::max_align_t);
}

Arena::Arena(std::size_t size_bytes) {
  void* memory = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  // A huge page would make 2 MiB resident for the first byte. An error means that the kernel has no huge pages.
  (void)::madvise(memory, size_bytes, MADV_NOHUGEPAGE);
  memory_ = {static_cast<std::uint8_t*>(memory), size_bytes};
  left_ = memory_;
}

Arena::~Arena() {
  if (!valid()) return;
  unpoison(memory_.data(), memory_.size());
  ::munmap(memory_.data(), memory_.size());
}

std::span<std::uint8_t> Arena::take(std::size_t size_bytes) {
  const std::size_t aligned = (size_bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (aligned > left_.size()) std::abort();
  const std::span<std::uint8_t> taken = left_.first(size_bytes);
  left_ = left_.subspan(aligned);
  return taken;
}

}  // namespace mote::lean
