#include "tls/memory.h"

#include <cstdint>
#include <cstring>
#include <new>

#include "mbedtls/platform.h"
#include "psa/crypto.h"
#include "tls/pool.h"
#include "tls/record_buffers.h"

namespace mote::tls {
namespace {

// Buffers of one size. A free one contains the pointer to the next.
class Places {
 public:
  void take(MutableBytes memory, std::size_t each) {
    memory_ = memory;
    for (std::size_t at = memory.size() / each; at-- > 0;)
      release(memory.data() + at * each);
  }
  void* allocate(std::size_t size) {
    if (first_ == nullptr) return nullptr;
    Free* place = first_;
    first_ = place->next;
    --free_;
    return std::memset(static_cast<void*>(place), 0, size);
  }
  void release(void* place) {
    first_ = new (place) Free{first_};
    ++free_;
  }
  [[nodiscard]] bool has(const void* place) const {
    const auto* at = static_cast<const std::uint8_t*>(place);
    return at >= memory_.data() && at < memory_.data() + memory_.size();
  }
  [[nodiscard]] std::size_t free() const { return free_; }

 private:
  struct Free {
    Free* next;
  };
  MutableBytes memory_;
  Free* first_ = nullptr;
  std::size_t free_ = 0;
};

// The parts of the memory; the library's functions have no context.
struct {
  Pool pool;
  Places in;
  Places out;
} parts;

void* allocate(std::size_t count, std::size_t size) {
  if (count == 1 && size == mote_tls_in_buffer_bytes()) return parts.in.allocate(size);
  if (count == 1 && size == mote_tls_out_buffer_bytes()) return parts.out.allocate(size);
  if (size != 0 && count > SIZE_MAX / size) return nullptr;
  return parts.pool.allocate(count * size);
}

void release(void* memory) {
  if (memory == nullptr) return;
  if (parts.in.has(memory)) return parts.in.release(memory);
  if (parts.out.has(memory)) return parts.out.release(memory);
  parts.pool.release(memory);
}

constexpr std::size_t aligned(std::size_t bytes) {
  constexpr std::size_t kTo = alignof(std::max_align_t);
  return (bytes + kTo - 1) / kTo * kTo;
}

}  // namespace

std::size_t record_place_bytes() {
  return aligned(mote_tls_in_buffer_bytes()) + aligned(mote_tls_out_buffer_bytes());
}

bool take_memory(MutableBytes pool, MutableBytes places) {
  const std::size_t count = places.size() / record_place_bytes();
  const std::size_t in_bytes = aligned(mote_tls_in_buffer_bytes());
  parts.in.take(places.first(count * in_bytes), in_bytes);
  parts.out.take(places.subspan(count * in_bytes), aligned(mote_tls_out_buffer_bytes()));
  parts.pool.take(pool);
  if (mbedtls_platform_set_calloc_free(allocate, release) != 0) return false;
  return psa_crypto_init() == PSA_SUCCESS;
}

PoolUse pool_use() {
  return {parts.pool.used(), parts.pool.most()};
}

void reset_pool_peak() {
  parts.pool.reset_most();
}

std::size_t free_places() {
  return parts.out.free();
}

}  // namespace mote::tls
