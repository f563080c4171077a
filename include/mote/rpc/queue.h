// A FIFO queue of structs in the memory of a call. A streaming handler stores requests in it that it cannot answer yet. The
// queue uses no space in the handler. A peer that sends too many requests gets RESOURCE_EXHAUSTED.
//
//   struct Wanted { std::int32_t size; std::int32_t interval_us; };
//   rpc::Queue<Wanted> wanted_;    // A member of the handler; one queue for each call.
//
//   if (!wanted_.push(call, {31415, 0})) return;                 // The call has been finished.
//   while (const std::optional<Wanted> next = wanted_.pop(call)) ...
#pragma once

#include <optional>
#include <type_traits>

#include "mote/rpc/call.h"
#include "mote/span.h"

namespace mote::rpc {

// A queue of `Item`, which is copied as bytes.
template <class Item>
class Queue {
  static_assert(std::is_trivially_copyable_v<Item>, "an item must be trivially copyable");

 public:
  // Appends an item. Returns false if no memory is left; the call is then finished with RESOURCE_EXHAUSTED.
  bool push(Call& call, const Item& item) {
    return call.queue({reinterpret_cast<const std::uint8_t*>(&item), sizeof item});
  }

  // Removes and returns the oldest item, or returns nothing if the queue is empty.
  std::optional<Item> pop(Call& call) {
    Item item{};
    if (call.take_queued({reinterpret_cast<std::uint8_t*>(&item), sizeof item}) == 0) return std::nullopt;
    return item;
  }
};

}  // namespace mote::rpc
