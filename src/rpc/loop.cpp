#include "mote/rpc/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace mote::rpc {

// --- Descriptor ---

bool Descriptor::change(std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = this;
  return ::epoll_ctl(poller_, EPOLL_CTL_MOD, number_, &event) == 0;
}

// --- Wakeup ---

Wakeup::~Wakeup() {
  if (counter_ >= 0) ::close(counter_);
}

// Async-signal-safe. A counter that is full is readable already; without a loop there is none, and nothing is written.
void Wakeup::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(counter_, &one, sizeof one);
}

void Wakeup::on_events(std::uint32_t /*events*/) {
  std::uint64_t count = 0;
  if (::read(counter_, &count, sizeof count) == sizeof count) function_(owner_);
}

// --- Loop ---

Loop::~Loop() {
  if (poller_ >= 0) ::close(poller_);
}

bool Loop::open() {
  if (poller_ < 0) poller_ = ::epoll_create1(EPOLL_CLOEXEC);
  return poller_ >= 0;
}

bool Loop::add(Descriptor& descriptor, int number, std::uint32_t events) {
  if (!open()) return false;
  epoll_event event{};
  event.events = events;
  event.data.ptr = &descriptor;
  if (::epoll_ctl(poller_, EPOLL_CTL_ADD, number, &event) != 0) return false;
  descriptor.poller_ = poller_;
  descriptor.number_ = number;
  return true;
}

void Loop::add(Timer& timer) {
  timer.next_ = timers_;
  timers_ = &timer;
}

bool Loop::add(Wakeup& wakeup) {
  if (wakeup.counter_ < 0) wakeup.counter_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return wakeup.counter_ >= 0 && add(wakeup.descriptor_, wakeup.counter_, EPOLLIN);
}

void Loop::dispatch() const {
  std::array<epoll_event, 16> events{};
  const int count = ::epoll_wait(poller_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto& descriptor = *static_cast<const Descriptor*>(event.data.ptr);
    descriptor.function_(descriptor.owner_, event.events);
  }
}

Time Loop::first_due() const {
  Time due = Time::max();
  for (const Timer* timer = timers_; timer != nullptr; timer = timer->next_)
    due = std::min(due, timer->due_);
  return due;
}

// Each timer once: one that is due again at once waits for the next iteration.
void Loop::run_due_timers() {
  for (Timer* timer = timers_; timer != nullptr; timer = timer->next_) {
    if (timer->due_ > now_) continue;
    timer->stop();
    timer->function_(timer->owner_);
  }
}

}  // namespace mote::rpc
