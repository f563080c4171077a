// All timers of the engine, in a binary heap. Arming and disarming do not allocate.
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
  // The timer has expired and is disarmed. This may arm it again or destroy it.
  virtual void on_due() = 0;

  [[nodiscard]] bool armed() const { return heap_place.slot != Place::kNone; }
  // kNever while disarmed.
  [[nodiscard]] Time due() const { return heap_place.due; }

  // For TimerHeap only.
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
  // One slot for each timer that can exist.
  explicit TimerHeap(std::span<Timer*> slots) : slots_(slots) {}

  // Moves an armed timer to its new time. kNever disarms.
  void arm(Timer& timer, Time due);
  void disarm(Timer& timer);
  // Arms the timer for `due` unless it is armed for an earlier time.
  void arm_by(Timer& timer, Time due) {
    if (due < timer.due()) arm(timer, due);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Time next_due() const { return size_ == 0 ? kNever : slots_[0]->due(); }
  // Calls on_due() once for each timer due at `now`. A timer that is armed meanwhile for a time up to `now` is armed for one
  // microsecond after it.
  void run(Time now);

 private:
  void put(std::size_t slot, Timer* timer);
  void sift_up(std::size_t slot);
  void sift_down(std::size_t slot);

  std::span<Timer*> slots_;
  std::size_t size_ = 0;
  Time earliest_ = Time::min();  // While run() is active, one microsecond after its `now`.
};

}  // namespace mote::lean
