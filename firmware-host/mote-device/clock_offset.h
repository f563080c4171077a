// Estimates how far the gateway's clock is ahead of ours, like NTP (RFC 5905 8), from four times of one call. It assumes
// that both directions have the same delay; a constant asymmetry cannot be detected. It uses the call with the smallest
// delay of the last kWindow calls, because extra delay rarely affects both directions equally. Older calls are discarded,
// because clocks drift apart.
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
  // The delay of the link in both directions together; 0 if the computed value is negative.
  [[nodiscard]] std::int64_t link() const;
  // The gateway's times come from the network: false where they are in no order, or so far from any date that computing with
  // them could overflow. Everything else here needs plausible times.
  [[nodiscard]] bool plausible() const;
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
  // The maximum error of offset().
  [[nodiscard]] std::int64_t uncertainty() const { return best().link / 2; }
  // The delays of a call by the current estimate. Each is limited to the range from 0 to link().
  [[nodiscard]] OneWay split(const CallTimes& times) const;
  // The delay back of a reply that does not answer its own request: only its last two times are known. At least 0.
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
