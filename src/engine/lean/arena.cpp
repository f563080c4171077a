#include "engine/lean/arena.h"

#include <sys/mman.h>

#include <cstdlib>

namespace mote::lean {

namespace {
constexpr std::size_t kAlignment = alignof(std::max_align_t);
}

Arena::Arena(std::size_t size_bytes) : size_bytes_(size_bytes) {
  void* memory = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) memory_ = static_cast<std::uint8_t*>(memory);
}

Arena::~Arena() {
  if (memory_ != nullptr) ::munmap(memory_, size_bytes_);
}

std::span<std::uint8_t> Arena::take(std::size_t size_bytes) {
  const std::size_t aligned = (size_bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (memory_ == nullptr || aligned > left_bytes()) std::abort();
  std::uint8_t* taken = memory_ + used_bytes_;
  used_bytes_ += aligned;
  return {taken, size_bytes};
}

}  // namespace mote::lean
