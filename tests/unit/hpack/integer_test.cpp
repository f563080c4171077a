// The integers of HPACK, compared with sums of 64 bits: every prefix and first byte, every length, and the values at the edges.
#include "hpack/integer.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "support/cmocka_test.h"

using mote::hpack::Integer;
using Progress = mote::hpack::Integer::Progress;

namespace {

// RFC 7541 5.1 allows a limit; ours are 2^24 and five bytes after the first.
constexpr std::uint64_t kLimit = 16'777'216;
constexpr std::size_t kLongest = 5;

struct Sum {
  Progress progress;
  std::uint64_t value;
};

// The first byte and `count` further ones, by the rule of the RFC.
Sum sum_of(std::uint8_t first, unsigned prefix_bits, std::span<const std::uint8_t> more) {
  const std::uint64_t prefix_max = (std::uint64_t{1} << prefix_bits) - 1;
  std::uint64_t value = first & prefix_max;
  if (value != prefix_max) return {Progress::Done, value};
  for (std::size_t i = 0; i < more.size(); ++i) {
    if (i == kLongest) return {Progress::Error, 0};
    value += std::uint64_t{more[i] & 0x7fU} << (7 * i);
    if (value > kLimit) return {Progress::Error, 0};
    if (more[i] < 0x80) return {Progress::Done, value};
  }
  return {Progress::More, value};
}

Sum read(std::uint8_t first, unsigned prefix_bits, std::span<const std::uint8_t> more) {
  Integer integer;
  Progress progress = integer.start(first, (1U << prefix_bits) - 1);
  for (const std::uint8_t byte : more) {
    if (progress != Progress::More) break;
    progress = integer.go_on(byte);
  }
  return {progress, progress == Progress::Error ? 0 : integer.value()};
}

void check(std::uint8_t first, unsigned prefix_bits, std::span<const std::uint8_t> more) {
  const Sum expected = sum_of(first, prefix_bits, more);
  const Sum got = read(first, prefix_bits, more);
  assert_int_equal(got.progress, expected.progress);
  assert_int_equal(got.value, expected.value);
}

void test_every_first_byte_of_every_prefix(void**) {
  const std::array<std::uint8_t, 1> zero{0};
  for (unsigned prefix_bits = 1; prefix_bits <= 8; ++prefix_bits) {
    for (unsigned first = 0; first < 256; ++first) {
      check(static_cast<std::uint8_t>(first), prefix_bits, {});
      check(static_cast<std::uint8_t>(first), prefix_bits, zero);
    }
  }
}

void test_every_pair_of_bytes_after_every_prefix(void**) {
  for (unsigned prefix_bits = 1; prefix_bits <= 8; ++prefix_bits) {
    for (unsigned pair = 0; pair < 65536; ++pair) {
      const std::array<std::uint8_t, 2> more{static_cast<std::uint8_t>(pair >> 8), static_cast<std::uint8_t>(pair)};
      check(0xff, prefix_bits, more);
    }
  }
}

// Up to six bytes after the first, each of the values at which a bit or the continuation changes.
void test_every_length_with_edges(void**) {
  constexpr std::array<std::uint8_t, 8> kEdges{0x00, 0x01, 0x07, 0x08, 0x7f, 0x80, 0x88, 0xff};
  for (unsigned prefix_bits = 1; prefix_bits <= 8; ++prefix_bits) {
    std::size_t choices = 1;
    for (std::size_t size = 1; size <= 6; ++size) {
      choices *= kEdges.size();
      for (std::size_t choice = 0; choice < choices; ++choice) {
        std::array<std::uint8_t, 6> more{};
        for (std::size_t i = 0, rest = choice; i < size; ++i, rest /= kEdges.size())
          more[i] = kEdges[rest % kEdges.size()];
        check(0xff, prefix_bits, std::span(more).first(size));
      }
    }
  }
}

std::vector<std::uint8_t> bytes_of(std::uint64_t value, std::uint64_t prefix_max) {
  std::vector<std::uint8_t> bytes;
  for (value -= prefix_max; value >= 0x80; value >>= 7U)
    bytes.push_back(static_cast<std::uint8_t>(value | 0x80));
  bytes.push_back(static_cast<std::uint8_t>(value));
  return bytes;
}

void test_the_values_at_the_limit(void**) {
  for (unsigned prefix_bits = 1; prefix_bits <= 8; ++prefix_bits) {
    const std::uint64_t prefix_max = (1U << prefix_bits) - 1;
    for (std::uint64_t value = kLimit - 1000; value <= kLimit + 1000; ++value) {
      const std::vector<std::uint8_t> more = bytes_of(value, prefix_max);
      const Sum got = read(0xff, prefix_bits, more);
      assert_int_equal(got.progress, value <= kLimit ? Progress::Done : Progress::Error);
      if (value <= kLimit) assert_int_equal(got.value, value);
    }
    for (std::uint64_t value = prefix_max; value <= kLimit; value += 1 + value / 1000)
      assert_int_equal(read(0xff, prefix_bits, bytes_of(value, prefix_max)).value, value);
  }
}

void test_a_string_counts_its_bytes_down(void**) {
  Integer integer;
  assert_int_equal(integer.start(0x0a, 0x7f), Progress::Done);
  integer.take(4);
  assert_int_equal(integer.value(), 6);
  integer.take(6);
  assert_int_equal(integer.value(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_first_byte_of_every_prefix),
      cmocka_unit_test(test_every_pair_of_bytes_after_every_prefix),
      cmocka_unit_test(test_every_length_with_edges),
      cmocka_unit_test(test_the_values_at_the_limit),
      cmocka_unit_test(test_a_string_counts_its_bytes_down),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
