#include "tls/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <new>

#include "mbedtls/memory_buffer_alloc.h"
#include "mbedtls/platform.h"
#include "psa/crypto.h"
#include "tls/record_buffers.h"

namespace mote::tls {
namespace {

using Allocate = void* (*)(std::size_t count, std::size_t size);
using Release = void (*)(void* memory);

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
  Allocate allocate = nullptr;
  Release release = nullptr;
  Places in;
  Places out;
} parts;

void* allocate(std::size_t count, std::size_t size) {
  if (count == 1 && size == mote_tls_in_buffer_bytes()) return parts.in.allocate(size);
  if (count == 1 && size == mote_tls_out_buffer_bytes()) return parts.out.allocate(size);
  return parts.allocate(count, size);
}

void release(void* memory) {
  if (memory == nullptr) return;
  if (parts.in.has(memory)) return parts.in.release(memory);
  if (parts.out.has(memory)) return parts.out.release(memory);
  parts.release(memory);
}

// The pool was filled with zeros, which its pages had already; the kernel gets all but the first back.
void return_zeros(MutableBytes pool) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t lead = page - reinterpret_cast<std::uintptr_t>(pool.data()) % page;
  if (pool.size() < lead + 2 * page) return;
  const MutableBytes rest = pool.subspan(lead + page);
  (void)::madvise(rest.data(), rest.size() / page * page, MADV_DONTNEED);
}

constexpr std::size_t aligned(std::size_t bytes) {
  constexpr std::size_t kTo = alignof(std::max_align_t);
  return (bytes + kTo - 1) / kTo * kTo;
}

}  // namespace

// What memory_buffer_alloc.c calls in place of mbedtls_platform_set_calloc_free() (MoteMbedtls.cmake).
extern "C" int mote_tls_take_pool_functions(Allocate pool_allocate, Release pool_release) {
  parts.allocate = pool_allocate;
  parts.release = pool_release;
  return mbedtls_platform_set_calloc_free(allocate, release);
}

std::size_t record_place_bytes() {
  return aligned(mote_tls_in_buffer_bytes()) + aligned(mote_tls_out_buffer_bytes());
}

bool take_memory(MutableBytes pool, MutableBytes places) {
  const std::size_t count = places.size() / record_place_bytes();
  const std::size_t in_bytes = aligned(mote_tls_in_buffer_bytes());
  parts.in.take(places.first(count * in_bytes), in_bytes);
  parts.out.take(places.subspan(count * in_bytes), aligned(mote_tls_out_buffer_bytes()));
  mbedtls_memory_buffer_alloc_init(pool.data(), pool.size());
  return_zeros(pool);
  return psa_crypto_init() == PSA_SUCCESS;
}

PoolUse pool_use() {
  // The header of a block in memory_buffer_alloc.c: eight words.
  constexpr std::size_t kHeaderBytes = 8 * sizeof(std::size_t);
  std::size_t blocks = 0;
  PoolUse use{};
  mbedtls_memory_buffer_alloc_cur_get(&use.now, &blocks);
  use.now += blocks * kHeaderBytes;
  mbedtls_memory_buffer_alloc_max_get(&use.most, &blocks);
  use.most += blocks * kHeaderBytes;
  return use;
}

void reset_pool_peak() {
  mbedtls_memory_buffer_alloc_max_reset();
}

std::size_t free_places() {
  return parts.out.free();
}

}  // namespace mote::tls
