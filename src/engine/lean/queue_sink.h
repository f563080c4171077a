// Appends an encoded message to a queue of blocks.
#pragma once

#include "engine/lean/block_pool.h"
#include "mote/message.h"

namespace mote::lean {

class QueueSink final : public codec::ByteSink {
 public:
  QueueSink(BlockQueue& queue, BlockShare& share) : queue_(queue), share_(share) {}
  bool write(Bytes bytes) override { return queue_.append(share_, bytes); }

 private:
  BlockQueue& queue_;
  BlockShare& share_;
};

}  // namespace mote::lean
