// All calls of all connections, in memory taken at start. A hash table finds a call by connection and stream id in
// constant time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/lean/stream_call.h"

namespace mote::lean {

class CallTable {
 public:
  // Storage of one call while it is not open.
  union Slot {
    Slot() : next(nullptr) {}
    ~Slot() {}  // NOLINT(modernize-use-equals-default): that one would be deleted
    Slot* next;
    StreamCall call;
  };

  // The number of `buckets` is a power of two, preferably at least that of `slots`. Both are uninitialised. `secret`: a
  // number that no client knows, so that none can choose stream ids that share a bucket.
  CallTable(std::span<Slot> slots, std::span<StreamCall*> buckets, std::uint64_t secret);

  // Returns nullptr if every slot is in use.
  StreamCall* open(Connection& connection, http2::StreamId id);
  StreamCall* find(const Connection& connection, http2::StreamId id) const;
  void close(StreamCall& call);
  [[nodiscard]] std::size_t open_count() const { return open_count_; }
  // Where a call is, of `bucket_count` buckets.
  [[nodiscard]] static std::size_t bucket_index(std::uint64_t secret, std::size_t connection, http2::StreamId id,
                                                std::size_t bucket_count);

 private:
  StreamCall*& bucket(const Connection& connection, http2::StreamId id) const;

  std::span<Slot> untouched_;
  std::span<StreamCall*> buckets_;
  std::uint64_t secret_;
  Slot* returned_ = nullptr;
  std::size_t open_count_ = 0;
};

}  // namespace mote::lean
