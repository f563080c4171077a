// The allocator of the TLS layer (firmware-host/ports/tls/pool.h).
#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "pool.h"
#include "support/cmocka_test.h"
#include "support/seed.h"

namespace {

using mote::tls_port::Pool;

void blocks_are_zero_aligned_and_apart(void**) {
  std::vector<std::uint8_t> memory(1024, 0xAA);
  Pool pool;
  pool.take(memory);
  std::vector<std::uint8_t*> blocks;
  while (auto* block = static_cast<std::uint8_t*>(pool.allocate(24))) {
    assert_int_equal(reinterpret_cast<std::uintptr_t>(block) % 8, 0);
    assert_true(std::all_of(block, block + 24, [](std::uint8_t byte) { return byte == 0; }));
    std::fill_n(block, 24, static_cast<std::uint8_t>(blocks.size() + 1));
    blocks.push_back(block);
  }
  assert_in_range(blocks.size(), 1024 / 32 - 1, 1024 / 32);
  for (std::size_t i = 0; i < blocks.size(); ++i)
    assert_true(std::all_of(blocks[i], blocks[i] + 24, [&](std::uint8_t byte) { return byte == i + 1; }));
  for (std::uint8_t* block : blocks)
    pool.release(block);
  assert_non_null(pool.allocate(900));
}

void what_does_not_fit_is_null(void**) {
  std::vector<std::uint8_t> memory(64);
  Pool pool;
  assert_null(pool.allocate(1));
  pool.take(memory);
  assert_null(pool.allocate(0));
  assert_null(pool.allocate(65));
  assert_null(pool.allocate(SIZE_MAX));
  pool.release(nullptr);
  for (std::size_t size = 0; size < 24; ++size) {
    Pool small;
    small.take(std::span(memory).first(size));
    if (void* block = small.allocate(1)) small.release(block);
  }
}

void the_most_is_the_end_of_the_furthest_block(void**) {
  std::vector<std::uint8_t> memory(1024);
  Pool pool;
  pool.take(memory);
  void* first = pool.allocate(100);
  const std::size_t one = pool.most_bytes();
  assert_in_range(one, 100, 112);
  void* second = pool.allocate(100);
  assert_int_equal(pool.most_bytes(), 2 * one);
  pool.release(first);
  pool.release(second);
  assert_non_null(pool.allocate(100));
  assert_int_equal(pool.most_bytes(), 2 * one);
}

// Blocks never overlap, and all memory is one block again at the end.
void random_orders(void**) {
  auto random = mote::test::seeded_random();
  for (int round = 0; round < 50; ++round) {
    std::vector<std::uint8_t> memory(200 + mote::test::pick(random, 4000));
    Pool pool;
    pool.take(memory);
    std::map<std::uint8_t*, std::pair<std::size_t, std::uint8_t>> blocks;
    for (int step = 0; step < 400; ++step) {
      if (blocks.empty() || mote::test::pick(random, 2) != 0) {
        const std::size_t size = 1 + mote::test::pick(random, 150);
        auto* block = static_cast<std::uint8_t*>(pool.allocate(size));
        if (block == nullptr) continue;
        const auto mark = static_cast<std::uint8_t>(step);
        std::fill_n(block, size, mark);
        blocks[block] = {size, mark};
      } else {
        auto found =
            std::next(blocks.begin(), static_cast<std::ptrdiff_t>(mote::test::pick(random, blocks.size() - 1)));
        const auto [size, mark] = found->second;
        assert_true(
            std::all_of(found->first, found->first + size, [mark = mark](std::uint8_t byte) { return byte == mark; }));
        pool.release(found->first);
        blocks.erase(found);
      }
    }
    for (const auto& [block, _] : blocks)
      pool.release(block);
    assert_non_null(pool.allocate(memory.size() - 24));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(blocks_are_zero_aligned_and_apart),
      cmocka_unit_test(what_does_not_fit_is_null),
      cmocka_unit_test(the_most_is_the_end_of_the_furthest_block),
      cmocka_unit_test(random_orders),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
