// The random generator of tests.
#pragma once

#include <sys/random.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace mote::test {

// A generator with the seed MOTE_TEST_SEED, or if it is not set, a random seed. Prints the seed.
inline std::mt19937 seeded_random() {
  std::uint32_t seed = 0;
  // Not std::random_device, which is not a template: tests for boards do not link the C++ library.
  if (::getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) std::abort();
  if (const char* chosen = std::getenv("MOTE_TEST_SEED"); chosen != nullptr)
    seed = static_cast<std::uint32_t>(std::strtoul(chosen, nullptr, 10));
  std::printf("MOTE_TEST_SEED=%u\n", seed);
  std::fflush(stdout);
  return std::mt19937(seed);
}

// A uniform random number from 0 to `most`.
inline std::size_t pick(std::mt19937& random, std::size_t most) {
  return std::uniform_int_distribution<std::size_t>(0, most)(random);
}

}  // namespace mote::test
