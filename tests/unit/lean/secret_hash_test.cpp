#include "engine/lean/secret_hash.h"

#include <algorithm>
#include <array>
#include <random>

#include "support/cmocka_test.h"
#include "support/seed.h"

namespace {

using namespace mote;
using lean::secret_bucket;

// IPv6 prefixes may differ in any of their bits. One in 20 secrets may do badly.
void test_keys_are_spread_whatever_bits_differ(void**) {
  std::mt19937 random = test::seeded_random();
  constexpr std::size_t kBuckets = 256;
  constexpr std::uint64_t kKeys = 100;
  for (const unsigned shift : {0U, 16U, 32U, 48U, 56U}) {
    int bad = 0;
    for (int secret = 0; secret < 200; ++secret) {
      const std::uint64_t number = std::uint64_t{random()} << 32U | random();
      std::array<std::size_t, kBuckets> keys{};
      for (std::uint64_t key = 0; key < kKeys; ++key)
        ++keys[secret_bucket(number, key << shift, kBuckets)];
      if (*std::max_element(keys.begin(), keys.end()) > kKeys / 4) ++bad;
    }
    assert_true(bad < 10);
  }
}

void test_all_buckets_are_used(void**) {
  std::array<std::size_t, 256> keys{};
  for (std::uint64_t key = 0; key < 16 * keys.size(); ++key)
    ++keys.at(secret_bucket(0x9e3779b97f4a7c15, key, keys.size()));  // 2^64 over the golden ratio.
  assert_true(*std::min_element(keys.begin(), keys.end()) > 8);
  assert_true(*std::max_element(keys.begin(), keys.end()) < 32);
}

// An even secret is as good as the odd number behind it.
void test_the_secret_is_odd(void**) {
  const std::uint64_t key = std::uint64_t{1} << 63U;
  for (const std::uint64_t secret : {0U, 1U, 2U, 3U, 6U})
    assert_int_equal(secret_bucket(secret, key, 256), 128);
}

void test_one_bucket(void**) {
  assert_int_equal(secret_bucket(~std::uint64_t{0}, ~std::uint64_t{0}, 1), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_keys_are_spread_whatever_bits_differ),
      cmocka_unit_test(test_all_buckets_are_used),
      cmocka_unit_test(test_the_secret_is_odd),
      cmocka_unit_test(test_one_bucket),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
