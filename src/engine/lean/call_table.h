// Every call of every connection, in memory that was taken at start; found by connection and stream id in a hash table,
// so that a frame finds its call in the same time whether one is open or a thousand.
#pragma once

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

  // `buckets`: a power of two, best no fewer than `slots`. Both uninitialised.
  CallTable(std::span<Slot> slots, std::span<StreamCall*> buckets);

  // nullptr: all are open.
  StreamCall* open(Connection& connection, http2::StreamId id);
  StreamCall* find(const Connection& connection, http2::StreamId id) const;
  void close(StreamCall& call);
  [[nodiscard]] std::size_t open_count() const { return open_count_; }

 private:
  StreamCall*& bucket(const Connection& connection, http2::StreamId id) const;

  std::span<Slot> untouched_;
  std::span<StreamCall*> buckets_;
  Slot* returned_ = nullptr;
  std::size_t open_count_ = 0;
};

}  // namespace mote::lean
