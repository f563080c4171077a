#include "engine/clock.h"

#include <ctime>

namespace mote::engine {

namespace {

rpc::Time read(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::duration_cast<rpc::Time>(std::chrono::seconds(time.tv_sec) +
                                               std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace

rpc::Time steady_clock() {
  return read(CLOCK_MONOTONIC);
}

rpc::Time processor_time() {
  return read(CLOCK_THREAD_CPUTIME_ID);
}

std::uint64_t wall_clock_us() {
  return static_cast<std::uint64_t>(read(CLOCK_REALTIME).count());
}

}  // namespace mote::engine
