// A first-in, first-out queue of objects that contain their links. It allocates nothing, and removes any object in
// constant time.
#pragma once

namespace mote::lean {

template <class T>
struct QueueLink {
  T* previous = nullptr;
  T* next = nullptr;
  bool linked = false;
};

// An object can be in one queue for each QueueLink that it has.
template <class T, QueueLink<T> T::*link>
class IntrusiveQueue {
 public:
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  [[nodiscard]] T* first() const { return first_; }
  [[nodiscard]] T* last() const { return last_; }
  [[nodiscard]] static T* after(const T& object) { return (object.*link).next; }

  // Does nothing if the object is already in the queue.
  void push(T& object) {
    if ((object.*link).linked) return;
    object.*link = {last_, nullptr, true};
    (last_ == nullptr ? first_ : (last_->*link).next) = &object;
    last_ = &object;
  }

  // Does nothing if the object is in no queue.
  void remove(T& object) {
    const QueueLink<T> place = object.*link;
    if (!place.linked) return;
    (place.previous == nullptr ? first_ : (place.previous->*link).next) = place.next;
    (place.next == nullptr ? last_ : (place.next->*link).previous) = place.previous;
    object.*link = {};
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

}  // namespace mote::lean
