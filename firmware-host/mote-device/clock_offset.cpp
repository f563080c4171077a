#include "mote-device/clock_offset.h"

#include <algorithm>
#include <iterator>

namespace mote::tool {

std::int64_t CallTimes::link() const {
  return std::max<std::int64_t>((answered - sent) - gateway(), 0);
}

bool CallTimes::plausible() const {
  constexpr std::int64_t kLatest = std::int64_t{1} << 55;  // Of Unix time: after the year 3000.
  return sent >= 0 && answered <= kLatest && gateway_received >= 0 && gateway_received <= gateway_sent &&
         gateway_sent <= kLatest;
}

void ClockOffset::add(const CallTimes& times) {
  const std::int64_t ahead_there = times.gateway_received - times.sent;
  const std::int64_t ahead_back = times.gateway_sent - times.answered;
  samples_[next_] = {.link = times.link(), .offset = ahead_there + (ahead_back - ahead_there) / 2};
  next_ = (next_ + 1) % kWindow;
  size_ = std::min(size_ + 1, kWindow);
  const auto end = samples_.begin() + static_cast<std::ptrdiff_t>(size_);
  const auto less = [](const Sample& a, const Sample& b) { return a.link < b.link; };
  best_ = static_cast<std::size_t>(std::distance(samples_.begin(), std::min_element(samples_.begin(), end, less)));
}

OneWay ClockOffset::split(const CallTimes& times) const {
  const std::int64_t link = times.link();
  const std::int64_t there = std::clamp<std::int64_t>(times.gateway_received - times.sent - offset(), 0, link);
  return {.there = there, .back = link - there};
}

std::int64_t ClockOffset::back(const CallTimes& times) const {
  return std::max<std::int64_t>(times.answered + offset() - times.gateway_sent, 0);
}

}  // namespace mote::tool
