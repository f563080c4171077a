// The results of a run so far: the number of answers, their times, and the errors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote-device/clock_offset.h"
#include "mote-device/latency_histogram.h"
#include "mote-device/series.h"
#include "mote/device.h"
#include "mote/port_tls.h"

namespace mote::tool {

// The delays of an answer by the gateway's timing. `complete` is false for a reply of a stream that does not answer its own
// request: only `back` is known.
struct Timing {
  bool known = false;
  bool complete = false;
  CallTimes times;
  OneWay ways;
};

struct Answer {
  std::uint64_t number = 0;   // from 1
  std::uint64_t at_us = 0;    // the time of arrival, from the start of the run
  std::uint64_t took_us = 0;  // the round trip; for replies of a stream, the time since the previous reply
  bool first = false;         // the first of a stream of replies: took_us is the round trip
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

// The summary of Collect, and the number of sent messages.
struct Collected {
  std::uint64_t at_us = 0;
  std::uint64_t took_us = 0;  // the time from the end of sending to the summary
  std::uint64_t sent = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t duration_us = 0;  // by the server's clock
};

struct Tally {
  static constexpr std::size_t kStatuses = MOTE_UNAUTHENTICATED + 1;

  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t retried = 0;  // calls that were repeated, because the server had not processed them
  std::array<std::uint64_t, kStatuses> failed_with{};
  LatencyHistogram took;   // all except the first replies
  LatencyHistogram first;  // the first replies
  // With timing:
  LatencyHistogram there;
  LatencyHistogram at_gateway;
  LatencyHistogram back;
  ClockOffset offset;
  Series series;
  std::uint64_t elapsed_us = 0;  // the duration of the run, set at its end
  mote_tls_session tls{};        // the last one; without a version if there was none

  [[nodiscard]] std::uint64_t sent() const { return answered + failed; }
  // In percent; 0 if nothing was sent.
  [[nodiscard]] double loss_percent() const;

  void add(const Answer& answer);
  void add(const Failure& failure);
  // Messages that the server did not count fail with DATA_LOSS.
  void add(const Collected& collected);
  // Messages of a failed Collect, except the one that the failure names.
  void add_lost(std::uint64_t messages, mote_status status);
};

}  // namespace mote::tool
