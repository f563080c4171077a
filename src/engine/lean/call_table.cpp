#include "engine/lean/call_table.h"

#include <algorithm>
#include <memory>
#include <new>

#include "engine/lean/connection.h"
#include "engine/lean/poison.h"

namespace mote::lean {

CallTable::CallTable(std::span<Slot> slots, std::span<StreamCall*> buckets) : untouched_(slots), buckets_(buckets) {
  std::fill(buckets_.begin(), buckets_.end(), nullptr);
}

StreamCall* CallTable::open(Connection& connection, http2::StreamId id) {
  Slot* slot = returned_;
  if (slot != nullptr) {
    unpoison(slot, sizeof(Slot));
    returned_ = slot->next;
  } else if (!untouched_.empty()) {
    slot = untouched_.data();
    untouched_ = untouched_.subspan(1);
  } else {
    return nullptr;
  }
  auto* call = new (&slot->call) StreamCall(connection);
  call->id = id;
  StreamCall*& head = bucket(connection, id);
  call->next_in_bucket = head;
  head = call;
  ++open_count_;
  return call;
}

StreamCall* CallTable::find(const Connection& connection, http2::StreamId id) const {
  StreamCall* call = bucket(connection, id);
  while (call != nullptr && (call->id != id || &call->connection() != &connection))
    call = call->next_in_bucket;
  return call;
}

void CallTable::close(StreamCall& call) {
  StreamCall** link = &bucket(call.connection(), call.id);
  while (*link != &call)
    link = &(*link)->next_in_bucket;
  *link = call.next_in_bucket;
  std::destroy_at(&call);
  Slot* slot = new (&call) Slot;
  slot->next = returned_;
  returned_ = slot;
  poison(slot, sizeof(Slot));
  --open_count_;
}

StreamCall*& CallTable::bucket(const Connection& connection, http2::StreamId id) const {
  // The ids of a connection are consecutive odd numbers and fill the table evenly. kSpread separates connections.
  constexpr std::size_t kSpread = 0x9e3779b1;
  return buckets_[(connection.index() * kSpread + id / 2) & (buckets_.size() - 1)];
}

}  // namespace mote::lean
