// A histogram of times in microseconds. Its memory does not depend on the length of the run.
//
// A value up to kExact is counted exactly, a larger one in a bucket whose width is at most 1/128 of the value: percentile()
// is within 0.4 % of the true value. Minimum, maximum and mean are exact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mote::tool {

class LatencyHistogram {
 public:
  // Values up to this one have their own bucket. Above, each doubling has half as many buckets.
  static constexpr std::uint64_t kExact = 255;
  // About 71 minutes. The last bucket contains all longer times.
  static constexpr std::uint64_t kLongest = 0xffffffff;

  void add(std::uint64_t us);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // These are 0 while count() is 0.
  [[nodiscard]] std::uint64_t min() const { return min_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] std::uint64_t mean() const { return count_ == 0 ? 0 : sum_ / count_; }
  // The smallest value that at least `percent` (1 to 100) percent of all values do not exceed.
  [[nodiscard]] std::uint64_t percentile(unsigned percent) const;

  // The number of values from `from` (inclusive) to `to` (exclusive). A bucket counts with its middle.
  [[nodiscard]] std::uint64_t count_between(std::uint64_t from, std::uint64_t to) const;
  // The width of the bucket of a value, which is the resolution.
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
