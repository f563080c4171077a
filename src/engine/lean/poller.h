// epoll, with objects instead of descriptors.
#pragma once

#include <array>
#include <cstdint>
#include <span>

struct epoll_event;

namespace mote::lean {

class Pollable {
 public:
  // `events`: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR. The object may be destroyed during the call.
  virtual void on_events(std::uint32_t events) = 0;

 protected:
  ~Pollable() = default;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  [[nodiscard]] bool valid() const { return descriptor_ >= 0; }
  // False: the kernel refuses; errno is the reason.
  [[nodiscard]] bool add(int descriptor, std::uint32_t events, Pollable& pollable) const;
  void change(int descriptor, std::uint32_t events, Pollable& pollable) const;
  void remove(int descriptor) const;
  // Waits for events, at most `timeout_ms` (-1: without a limit), and handles one batch of them.
  std::span<const epoll_event> wait(std::span<epoll_event> events, int timeout_ms) const;

 private:
  int descriptor_;
};

}  // namespace mote::lean
