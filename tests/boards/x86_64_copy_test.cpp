// The memcpy() and memmove() of boards with musl on x86-64, here under other names: each size around the edges of the
// implementation, with all alignments, and with source and destination that overlap.
#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "support/cmocka_test.h"
#include "support/seed.h"

extern "C" void* mote_memcpy(void* to, const void* from, std::size_t size);
extern "C" void* mote_memmove(void* to, const void* from, std::size_t size);

namespace {

constexpr std::size_t kMargin = 64;

std::vector<std::uint8_t> numbered(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  return bytes;
}

void check_copy(std::size_t size, std::size_t from_offset, std::size_t to_offset) {
  const std::vector<std::uint8_t> source = numbered(from_offset + size);
  std::vector<std::uint8_t> target(kMargin + to_offset + size + kMargin, 0xEE);
  std::vector<std::uint8_t> expected = target;
  std::copy_n(source.begin() + static_cast<std::ptrdiff_t>(from_offset), size,
              expected.begin() + static_cast<std::ptrdiff_t>(kMargin + to_offset));
  std::uint8_t* to = &target[kMargin + to_offset];
  assert_ptr_equal(mote_memcpy(to, source.data() + from_offset, size), to);
  assert_true(target == expected);
}

// `from` and `to` are offsets in the same bytes.
void check_move(std::size_t size, std::size_t from, std::size_t to) {
  std::vector<std::uint8_t> bytes = numbered(std::max(from, to) + size + kMargin);
  const std::vector<std::uint8_t> before = bytes;
  std::vector<std::uint8_t> expected = bytes;
  std::copy_n(before.begin() + static_cast<std::ptrdiff_t>(from), size,
              expected.begin() + static_cast<std::ptrdiff_t>(to));
  assert_ptr_equal(mote_memmove(&bytes[to], &bytes[from], size), &bytes[to]);
  assert_true(bytes == expected);
}

void test_every_small_size_at_every_alignment(void**) {
  for (std::size_t size = 0; size <= 200; ++size) {
    for (std::size_t from = 0; from < 16; from += 3) {
      for (std::size_t to = 0; to < 16; to += 5)
        check_copy(size, from, to);
    }
  }
}

void test_sizes_around_each_edge(void**) {
  for (const std::size_t edge : {256U, 1024U, 4096U, 16384U}) {
    for (std::size_t size = edge - 2; size <= edge + 2; ++size) {
      check_copy(size, 14, 3);
      check_copy(size, 0, 0);
    }
  }
}

void test_bytes_that_overlap(void**) {
  for (const std::size_t size :
       {0U, 1U, 2U, 3U, 5U, 9U, 16U, 17U, 33U, 64U, 65U, 127U, 128U, 129U, 300U, 1023U, 1024U, 3000U}) {
    for (const std::size_t distance : {0U, 1U, 7U, 15U, 16U, 63U, 64U, 65U, 128U, 1000U}) {
      check_move(size, 0, distance);
      check_move(size, distance, 0);
      check_move(size, 5 + distance, 5);
    }
  }
}

void test_random_moves(void**) {
  std::mt19937 random = mote::test::seeded_random();
  for (int i = 0; i < 5000; ++i)
    check_move(random() % 2500, random() % 300, random() % 300);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_small_size_at_every_alignment),
      cmocka_unit_test(test_sizes_around_each_edge),
      cmocka_unit_test(test_bytes_that_overlap),
      cmocka_unit_test(test_random_moves),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
