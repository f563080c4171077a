#include "engine/lean/call_table.h"

#include <algorithm>
#include <memory>
#include <new>

#include "engine/lean/connection.h"
#include "engine/lean/poison.h"
#include "engine/lean/secret_hash.h"

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

std::size_t CallTable::bucket_index(std::uint64_t secret, std::size_t connection, http2::StreamId id,
                                    std::size_t bucket_count) {
  constexpr unsigned kIdBits = 31;
  return secret_bucket(secret, std::uint64_t{connection} << kIdBits | id, bucket_count);
}

}  // namespace mote::lean
