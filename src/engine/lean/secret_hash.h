// The hash of tables whose keys a peer can choose.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mote::lean {

// The bucket of `key`, of `bucket_count` (1 to 2^32). The high bits of a product with a secret odd number: two keys share a
// bucket for hardly more than 2 of bucket_count secrets (Dietzfelbinger et al., "A Reliable Randomized Algorithm for the
// Closest-Pair Problem").
constexpr std::size_t secret_bucket(std::uint64_t secret, std::uint64_t key, std::size_t bucket_count) {
  const std::uint64_t high = key * (secret | 1U) >> 32U;
  return static_cast<std::size_t>(high * bucket_count >> 32U);
}

}  // namespace mote::lean
