// Structs that wait in their call's memory, first in, first out: what a streaming handler has been asked for and cannot
// answer yet. It takes no room in the handler, and a peer that asks for too much gets RESOURCE_EXHAUSTED.
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

template <class Item>
class Queue {
  static_assert(std::is_trivially_copyable_v<Item>, "an item is kept as its bytes");

 public:
  // False: no memory is left, and the call has been finished with RESOURCE_EXHAUSTED.
  bool push(Call& call, const Item& item) {
    return call.queue({reinterpret_cast<const std::uint8_t*>(&item), sizeof item});
  }

  // The oldest one, or nothing.
  std::optional<Item> pop(Call& call) {
    Item item{};
    if (call.take_queued({reinterpret_cast<std::uint8_t*>(&item), sizeof item}) == 0) return std::nullopt;
    return item;
  }
};

}  // namespace mote::rpc
