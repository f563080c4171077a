// The connections of one address, in the order in which they make room for others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mote::lean {

// Connecting alone costs a peer nothing: a lawful client that pauses between two calls must
// not be disconnected before one that never made a call.
enum class ConnectionUse : std::uint8_t { NoCallYet, Idle, Calls };

// The part of a Connection that IdleOrder needs.
struct IdlePlace {
  IdlePlace* idle_before = nullptr;
  IdlePlace* idle_after = nullptr;
  ConnectionUse use = ConnectionUse::NoCallYet;
};

// First those without a call so far, then those that are idle, then those with open calls; each kind in the order in which they
// came to be so. Everything but largest_of_next() takes constant time.
class IdleOrder {
 public:
  // Behind the others of its kind.
  void add(IdlePlace& place) {
    Queue& all = queue(place.use);
    place.idle_before = all.last;
    place.idle_after = nullptr;
    (all.last == nullptr ? all.first : all.last->idle_after) = &place;
    all.last = &place;
  }
  // It is in this order.
  void remove(IdlePlace& place) {
    if (next_ == &place) next_ = after(place);
    Queue& all = queue(place.use);
    (place.idle_before == nullptr ? all.first : place.idle_before->idle_after) = place.idle_after;
    (place.idle_after == nullptr ? all.last : place.idle_after->idle_before) = place.idle_before;
  }
  // The same as both, with another use.
  void move(IdlePlace& place, ConnectionUse use) {
    if (use == place.use && queue(use).last == &place) return;
    remove(place);
    place.use = use;
    add(place);
  }
  // The one that makes room first; nullptr if there is none.
  [[nodiscard]] IdlePlace* first() const { return first_from(0); }
  [[nodiscard]] IdlePlace* after(const IdlePlace& place) const {
    return place.idle_after != nullptr ? place.idle_after : first_from(static_cast<std::size_t>(place.use) + 1);
  }
  // Looks at `most` connections at most, behind those of the last call and from the first again after the last, and returns the
  // one of them with the largest `amount(place)`; nullptr if there is none.
  template <class Amount>
  IdlePlace* largest_of_next(std::size_t most, Amount amount) {
    IdlePlace* found = nullptr;
    std::size_t found_amount = 0;
    if (next_ == nullptr) next_ = first();
    for (; next_ != nullptr && most != 0; --most, next_ = after(*next_)) {
      const std::size_t of_next = amount(*next_);
      if (found != nullptr && of_next <= found_amount) continue;
      found = next_;
      found_amount = of_next;
    }
    return found;
  }

 private:
  // IntrusiveQueue has a larger link, of which each connection would have one.
  struct Queue {
    IdlePlace* first = nullptr;
    IdlePlace* last = nullptr;
  };

  Queue& queue(ConnectionUse use) { return queues_[static_cast<std::size_t>(use)]; }
  [[nodiscard]] IdlePlace* first_from(std::size_t kind) const {
    for (; kind < queues_.size(); ++kind)
      if (queues_[kind].first != nullptr) return queues_[kind].first;
    return nullptr;
  }

  std::array<Queue, 3> queues_;
  IdlePlace* next_ = nullptr;  // Where largest_of_next() goes on.
};

}  // namespace mote::lean
