// How long things took: counts of microseconds in buckets, so that a run of any length needs the same memory.
//
// A value up to kExact is counted exactly, a larger one in a bucket whose width is at most 1/128 of it: what percentile() says
// lies within 0.4 % of the true one. Least, greatest and mean are exact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mote::tool {

class LatencyHistogram {
 public:
  // Values up to here have a bucket each; beyond, every doubling has half as many.
  static constexpr std::uint64_t kExact = 255;
  // About 71 minutes: the last bucket takes all that is longer.
  static constexpr std::uint64_t kLongest = 0xffffffff;

  void add(std::uint64_t us);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // These are 0 while count() is 0.
  [[nodiscard]] std::uint64_t min() const { return min_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] std::uint64_t mean() const { return count_ == 0 ? 0 : sum_ / count_; }
  // The smallest value that at least `percent` of all (1 to 100) do not exceed.
  [[nodiscard]] std::uint64_t percentile(unsigned percent) const;

  // How many values lie from `from` on and below `to`; a bucket counts with its middle.
  [[nodiscard]] std::uint64_t count_between(std::uint64_t from, std::uint64_t to) const;
  // The width of the bucket of a value: nothing finer can be told apart.
  [[nodiscard]] static std::uint64_t resolution(std::uint64_t us);

 private:
  static constexpr unsigned kOctaveBits = 7;
  static constexpr std::size_t kOctaveBuckets = std::size_t{1} << kOctaveBits;
  static constexpr std::size_t kOctaves = 32 - kOctaveBits;
  static constexpr std::size_t kBuckets = (kOctaves + 1) * kOctaveBuckets;

  static std::size_t bucket_of(std::uint64_t us);
  static std::uint64_t middle_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t min_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace mote::tool
