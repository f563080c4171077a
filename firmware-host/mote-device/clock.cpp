#include "mote-device/clock.h"

#include <ctime>

namespace mote::tool {
namespace {

std::int64_t read(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + std::int64_t{time.tv_nsec} / 1000;
}

}  // namespace

std::uint64_t steady_us() {
  return static_cast<std::uint64_t>(read(CLOCK_MONOTONIC));
}

std::int64_t wall_us() {
  return read(CLOCK_REALTIME);
}

}  // namespace mote::tool
