#include "engine/lean/call_table.h"

#include <algorithm>
#include <memory>
#include <new>

#include "engine/lean/connection.h"
#include "engine/lean/poison.h"

namespace mote::lean {

CallTable::CallTable(std::span<Slot> slots, std::span<StreamCall*> buckets, std::uint64_t secret)
    : untouched_(slots), buckets_(buckets), secret_(secret) {
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
  return buckets_[bucket_index(secret_, connection.index(), id, buckets_.size())];
}

// The high bits of a product with a secret odd number: two keys share a bucket for hardly more than 2 of bucket_count secrets
// (Dietzfelbinger et al., "A Reliable Randomized Algorithm for the Closest-Pair Problem").
std::size_t CallTable::bucket_index(std::uint64_t secret, std::size_t connection, http2::StreamId id,
                                    std::size_t bucket_count) {
  constexpr unsigned kIdBits = 31;
  const std::uint64_t key = std::uint64_t{connection} << kIdBits | id;
  const std::uint64_t high = key * (secret | 1U) >> 32U;
  return static_cast<std::size_t>(high * bucket_count >> 32U);
}

}  // namespace mote::lean
