// The one structure of timers: a binary heap, so that the next one is always known. Arming and disarming never allocate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/rpc/call.h"

namespace mote::lean {

using rpc::Time;

inline constexpr Time kNever = Time::max();

class Timer {
 public:
  // The time has come. The timer is disarmed, and may be armed again from here or cease to exist.
  virtual void on_due() = 0;

  [[nodiscard]] bool armed() const { return heap_place.slot != Place::kNone; }
  // kNever while disarmed.
  [[nodiscard]] Time due() const { return heap_place.due; }

  // For the heap alone.
  struct Place {
    static constexpr std::uint32_t kNone = 0xffffffff;
    Time due = kNever;
    std::uint32_t slot = kNone;
  } heap_place;

 protected:
  Timer() = default;
  ~Timer() = default;
};

class TimerHeap {
 public:
  // Room for every timer there may be, each at most once.
  explicit TimerHeap(std::span<Timer*> slots) : slots_(slots) {}

  // Moves an armed timer to its new time. kNever disarms.
  void arm(Timer& timer, Time due);
  void disarm(Timer& timer);
  // Arms it for `due` unless it comes sooner anyway.
  void arm_by(Timer& timer, Time due) {
    if (due < timer.due()) arm(timer, due);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Time next_due() const { return size_ == 0 ? kNever : slots_[0]->due(); }
  // Calls on_due() for all timers due at `now`, each once: those armed meanwhile for a time not after `now` are armed for
  // a microsecond behind it.
  void run(Time now);

 private:
  void put(std::size_t slot, Timer* timer);
  void sift_up(std::size_t slot);
  void sift_down(std::size_t slot);

  std::span<Timer*> slots_;
  std::size_t size_ = 0;
  Time earliest_ = Time::min();  // While run() is at work, behind its `now`.
};

}  // namespace mote::lean
