#include "wait_readable.h"

#include <poll.h>

#include <algorithm>

namespace mote::posix {

// A signal just before poll() does not interrupt it, so the flags are looked at again after this time.
constexpr std::uint32_t kSliceMs = 100;

bool wait_readable(int descriptor, std::uint32_t wait_ms, Flags flags) {
  const auto set = [](const volatile std::sig_atomic_t* flag) { return flag != nullptr && *flag != 0; };
  for (std::uint32_t left_ms = wait_ms; std::ranges::none_of(flags, set);) {
    pollfd input = {.fd = descriptor, .events = POLLIN, .revents = 0};
    const std::uint32_t slice_ms = std::min(left_ms, kSliceMs);
    if (::poll(&input, 1, static_cast<int>(slice_ms)) > 0) return true;
    left_ms -= slice_ms;
    if (left_ms == 0) return false;
  }
  return false;
}

}  // namespace mote::posix
