#include "engine/lean/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

namespace mote::lean {

namespace {

epoll_event event_of(std::uint32_t events, Pollable& pollable) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &pollable;
  return event;
}

}  // namespace

Poller::Poller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
}

Poller::~Poller() {
  if (valid()) ::close(descriptor_);
}

bool Poller::add(int descriptor, std::uint32_t events, Pollable& pollable) const {
  epoll_event event = event_of(events, pollable);
  return ::epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Poller::change(int descriptor, std::uint32_t events, Pollable& pollable) const {
  epoll_event event = event_of(events, pollable);
  ::epoll_ctl(descriptor_, EPOLL_CTL_MOD, descriptor, &event);
}

void Poller::remove(int descriptor) const {
  ::epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, nullptr);
}

std::span<const epoll_event> Poller::wait(std::span<epoll_event> events, int timeout_ms) const {
  const int count = ::epoll_wait(descriptor_, events.data(), static_cast<int>(events.size()), timeout_ms);
  return events.first(count > 0 ? static_cast<std::size_t>(count) : 0);
}

}  // namespace mote::lean
