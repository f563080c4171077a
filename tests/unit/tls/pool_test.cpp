#include "tls/pool.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "support/cmocka_test.h"
#include "support/seed.h"

namespace {

using mote::tls::Pool;

constexpr std::size_t kBytes = 64 * std::size_t{1024};

struct Heap {
  Heap() { pool.take(memory); }

  alignas(8) std::uint8_t memory[kBytes]{};
  Pool pool;
};

void blocks_are_zero_and_aligned(void**) {
  Heap heap;
  std::memset(heap.memory, 0xa5, kBytes);
  heap.pool.take(heap.memory);
  for (std::size_t size = 0; size < 100; ++size) {
    auto* block = static_cast<std::uint8_t*>(heap.pool.allocate(size));
    assert_non_null(block);
    assert_int_equal(reinterpret_cast<std::uintptr_t>(block) % 8, 0);
    assert_true(std::all_of(block, block + size, [](std::uint8_t byte) { return byte == 0; }));
    std::memset(block, 0xff, size);
  }
}

void all_memory_is_one_block_again(void**) {
  Heap heap;
  void* all = heap.pool.allocate(kBytes - 8);
  assert_non_null(all);
  assert_int_equal(heap.pool.used(), kBytes);
  assert_null(heap.pool.allocate(0));
  heap.pool.release(all);
  assert_int_equal(heap.pool.used(), 0);
  assert_null(heap.pool.allocate(kBytes - 7));
  assert_null(heap.pool.allocate(SIZE_MAX));
  // In each order of three neighbours.
  std::vector<int> order = {0, 1, 2};
  do {
    void* blocks[] = {heap.pool.allocate(100), heap.pool.allocate(200), heap.pool.allocate(300)};
    void* rest = heap.pool.allocate(kBytes - 8 - 104 - 8 - 200 - 8 - 304 - 8);
    assert_non_null(rest);
    for (const int number : order)
      heap.pool.release(blocks[number]);
    void* together = heap.pool.allocate(104 + 8 + 200 + 8 + 304);
    assert_ptr_equal(together, blocks[0]);
    heap.pool.release(together);
    heap.pool.release(rest);
    void* whole = heap.pool.allocate(kBytes - 8);
    assert_non_null(whole);
    heap.pool.release(whole);
  } while (std::next_permutation(order.begin(), order.end()));
}

void the_most_bytes_are_counted(void**) {
  Heap heap;
  void* one = heap.pool.allocate(1);
  assert_int_equal(heap.pool.used(), 16);
  void* other = heap.pool.allocate(40);
  assert_int_equal(heap.pool.used(), 64);
  heap.pool.release(other);
  assert_int_equal(heap.pool.most(), 64);
  heap.pool.reset_most();
  assert_int_equal(heap.pool.most(), 16);
  heap.pool.release(one);
}

// Blocks never overlap, and nothing is lost.
void random_allocations(void**) {
  std::mt19937 random = mote::test::seeded_random();
  Heap heap;
  struct Content {
    std::size_t size;
    std::uint8_t byte;
  };
  std::map<std::uint8_t*, Content> blocks;
  for (int step = 0; step < 100'000; ++step) {
    if (random() % 2 == 0 || blocks.empty()) {
      const std::size_t size = random() % (random() % 8 == 0 ? 4000 : 100);
      auto* block = static_cast<std::uint8_t*>(heap.pool.allocate(size));
      if (block == nullptr) continue;
      assert_true(block >= heap.memory && block + size <= heap.memory + kBytes);
      assert_true(std::all_of(block, block + size, [](std::uint8_t byte) { return byte == 0; }));
      const auto byte = static_cast<std::uint8_t>(random());
      std::memset(block, byte, size);
      blocks[block] = {size, byte};
    } else {
      auto chosen = std::next(blocks.begin(), static_cast<std::ptrdiff_t>(random() % blocks.size()));
      const auto [block, content] = *chosen;
      assert_true(
          std::all_of(block, block + content.size, [byte = content.byte](std::uint8_t each) { return each == byte; }));
      heap.pool.release(block);
      blocks.erase(chosen);
    }
  }
  for (const auto& [block, content] : blocks)
    heap.pool.release(block);
  assert_int_equal(heap.pool.used(), 0);
  assert_non_null(heap.pool.allocate(kBytes - 8));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(blocks_are_zero_and_aligned),
      cmocka_unit_test(all_memory_is_one_block_again),
      cmocka_unit_test(the_most_bytes_are_counted),
      cmocka_unit_test(random_allocations),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
