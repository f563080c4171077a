// What a run came to so far: how many were answered, how long they took, how the others ended.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote-device/clock_offset.h"
#include "mote-device/latency_histogram.h"
#include "mote-device/series.h"
#include "mote/device.h"

namespace mote::tool {

// What the gateway's timing says about an answer; `complete` is false for a reply of a stream that answers no request of its
// own, of which only `back` is known.
struct Timing {
  bool known = false;
  bool complete = false;
  CallTimes times;
  OneWay ways;
};

struct Answer {
  std::uint64_t number = 0;   // from 1
  std::uint64_t at_us = 0;    // when it came, from the start of the run
  std::uint64_t took_us = 0;  // the round trip; for replies of one stream, from the reply before
  bool first = false;         // of a stream of replies: took_us is the round trip
  std::string_view text;
  Timing timing;
};

struct Failure {
  std::uint64_t number = 0;
  std::uint64_t at_us = 0;
  std::uint64_t took_us = 0;
  mote_status status = MOTE_UNKNOWN;
  std::string_view detail;
};

// What Collect has counted, beside what was sent.
struct Collected {
  std::uint64_t at_us = 0;
  std::uint64_t took_us = 0;  // from the end of sending to the summary
  std::uint64_t sent = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t duration_us = 0;  // by the server's clock
};

struct Tally {
  static constexpr std::size_t kStatuses = MOTE_UNAUTHENTICATED + 1;

  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t retried = 0;  // calls that were made a second time, because the server had not processed them
  std::array<std::uint64_t, kStatuses> failed_with{};
  LatencyHistogram took;   // of all but first ones
  LatencyHistogram first;  // of those
  // With timing:
  LatencyHistogram there;
  LatencyHistogram at_gateway;
  LatencyHistogram back;
  ClockOffset offset;
  Series series;
  std::uint64_t elapsed_us = 0;  // of the whole run, when it is over

  [[nodiscard]] std::uint64_t sent() const { return answered + failed; }
  // Of a hundred; 0 where nothing was sent.
  [[nodiscard]] double loss_percent() const;

  void add(const Answer& answer);
  void add(const Failure& failure);
  // Messages that the server did not count have failed with DATA_LOSS.
  void add(const Collected& collected);
  // Messages of a broken Collect beside the one that the failure names.
  void add_lost(std::uint64_t messages, mote_status status);
};

}  // namespace mote::tool
