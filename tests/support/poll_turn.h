// One turn of a loop that has only a poller.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>

#include "engine/lean/poller.h"

namespace mote::test {

// Hands over what is ready, at most four events. Returns how many there were.
inline std::size_t poll_turn(const lean::Poller& poller) {
  std::array<epoll_event, 4> events{};
  const auto ready = poller.wait(events, 0);
  for (const epoll_event& event : ready)
    static_cast<lean::Pollable*>(event.data.ptr)->on_events(event.events);
  return ready.size();
}

}  // namespace mote::test
