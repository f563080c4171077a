// How far the gateway's clock is ahead of ours, estimated as NTP does (RFC 5905 8): from four times of one call, on the
// assumption that the way there takes as long as the way back. The call with the least delay among the last kWindow is
// believed, because what delays a message rarely delays both directions by the same; older ones are forgotten, because
// clocks drift apart.
//
// All times are microseconds; `sent` and `answered` are read from our clock, the others from the gateway's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mote::tool {

struct CallTimes {
  std::int64_t sent = 0;              // T1, here
  std::int64_t gateway_received = 0;  // T2, there
  std::int64_t gateway_sent = 0;      // T3, there
  std::int64_t answered = 0;          // T4, here

  [[nodiscard]] std::int64_t gateway() const { return gateway_sent - gateway_received; }
  // On the link, both directions together; 0 where the clocks tell of less than nothing.
  [[nodiscard]] std::int64_t link() const;
};

struct OneWay {
  std::int64_t there = 0;
  std::int64_t back = 0;
};

class ClockOffset {
 public:
  static constexpr std::size_t kWindow = 64;

  void add(const CallTimes& times);

  [[nodiscard]] bool known() const { return size_ != 0; }
  [[nodiscard]] std::int64_t offset() const { return best().offset; }
  // The true offset lies within +- this of offset(), whatever the link does.
  [[nodiscard]] std::int64_t uncertainty() const { return best().link / 2; }
  // A call's two directions by the estimate at hand. Neither is below 0 or above the call's link(), for that cannot be.
  [[nodiscard]] OneWay split(const CallTimes& times) const;
  // The way back of a reply that answers no request of its own, of which only the last two times are known; at least 0.
  [[nodiscard]] std::int64_t back(const CallTimes& times) const;

 private:
  struct Sample {
    std::int64_t link = 0;
    std::int64_t offset = 0;
  };
  [[nodiscard]] const Sample& best() const { return samples_[best_]; }

  std::array<Sample, kWindow> samples_{};
  std::size_t size_ = 0;
  std::size_t next_ = 0;
  std::size_t best_ = 0;
};

}  // namespace mote::tool
