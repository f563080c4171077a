#include "engine/lean/timer_heap.h"

#include <algorithm>

namespace mote::lean {

void TimerHeap::arm(Timer& timer, Time due) {
  if (due == kNever) return disarm(timer);
  due = std::max(due, earliest_);
  const Time before = timer.heap_place.due;
  timer.heap_place.due = due;
  if (!timer.armed()) put(size_++, &timer);
  if (due < before) {
    sift_up(timer.heap_place.slot);
  } else {
    sift_down(timer.heap_place.slot);
  }
}

void TimerHeap::disarm(Timer& timer) {
  if (!timer.armed()) return;
  const std::size_t hole = timer.heap_place.slot;
  timer.heap_place.slot = Timer::Place::kNone;
  timer.heap_place.due = kNever;
  Timer* last = slots_[--size_];
  if (hole == size_) return;
  put(hole, last);
  sift_up(hole);
  sift_down(last->heap_place.slot);
}

void TimerHeap::run(Time now) {
  // A timer that arms itself for a past time must not block the sockets or other timers.
  earliest_ = now + Time(1);
  while (next_due() <= now) {
    Timer& timer = *slots_[0];
    disarm(timer);
    timer.on_due();
  }
  earliest_ = Time::min();
}

void TimerHeap::put(std::size_t slot, Timer* timer) {
  slots_[slot] = timer;
  timer->heap_place.slot = static_cast<std::uint32_t>(slot);
}

void TimerHeap::sift_up(std::size_t slot) {
  Timer* timer = slots_[slot];
  while (slot != 0) {
    const std::size_t parent = (slot - 1) / 2;
    if (slots_[parent]->due() <= timer->due()) break;
    put(slot, slots_[parent]);
    slot = parent;
  }
  put(slot, timer);
}

void TimerHeap::sift_down(std::size_t slot) {
  Timer* timer = slots_[slot];
  for (;;) {
    std::size_t child = 2 * slot + 1;
    if (child >= size_) break;
    if (child + 1 < size_ && slots_[child + 1]->due() < slots_[child]->due()) ++child;
    if (timer->due() <= slots_[child]->due()) break;
    put(slot, slots_[child]);
    slot = child;
  }
  put(slot, timer);
}

}  // namespace mote::lean
