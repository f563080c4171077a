#include "mote-device/latency_histogram.h"

#include <algorithm>
#include <bit>

namespace mote::tool {

// A value of n bits is truncated to its first kOctaveBits + 1 bits. The first of them is always 1, so an octave has
// 2^kOctaveBits buckets. A value with fewer bits has its own bucket.
std::size_t LatencyHistogram::bucket_of(std::uint64_t us) {
  us = std::min(us, kLongest);
  if (us <= kExact) return static_cast<std::size_t>(us);
  const auto shift = static_cast<unsigned>(std::bit_width(us)) - kOctaveBits - 1;
  return shift * kOctaveBuckets + static_cast<std::size_t>(us >> shift);
}

std::uint64_t LatencyHistogram::middle_of(std::size_t bucket) {
  if (bucket <= kExact) return bucket;
  const std::size_t shift = bucket / kOctaveBuckets - 1;
  const std::uint64_t first = std::uint64_t{bucket - shift * kOctaveBuckets} << shift;
  return first + (std::uint64_t{1} << shift) / 2;
}

std::uint64_t LatencyHistogram::resolution(std::uint64_t us) {
  us = std::min(us, kLongest);
  return us <= kExact ? 1 : std::uint64_t{1} << (static_cast<unsigned>(std::bit_width(us)) - kOctaveBits - 1);
}

void LatencyHistogram::add(std::uint64_t us) {
  min_ = count_ == 0 ? us : std::min(min_, us);
  max_ = std::max(max_, us);
  sum_ += us;
  ++count_;
  ++buckets_[bucket_of(us)];
}

std::uint64_t LatencyHistogram::percentile(unsigned percent) const {
  // Rounded up: the 99th percentile of ten values is the tenth value.
  const std::uint64_t rank = count_ / 100 * percent + (count_ % 100 * percent + 99) / 100;
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank && seen != 0) return rank == count_ ? max_ : std::clamp(middle_of(bucket), min_, max_);
  }
  return max_;
}

std::uint64_t LatencyHistogram::count_between(std::uint64_t from, std::uint64_t to) const {
  std::uint64_t sum = 0;
  for (std::size_t bucket = bucket_of(from); bucket < kBuckets; ++bucket) {
    // The first and last edges are exact, so that no bar ends before it begins.
    const std::uint64_t middle = std::clamp(middle_of(bucket), min_, max_);
    if (middle >= to) break;
    if (middle >= from) sum += buckets_[bucket];
  }
  return sum;
}

}  // namespace mote::tool
