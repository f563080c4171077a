// Appends an encoded message to a queue of blocks.
#pragma once

#include <algorithm>
#include <array>

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

// Appends a message and the `prefix` with its size, for which room is reserved. If it cannot be encoded, what is missing is zero:
// it is as long as its prefix says.
inline codec::EncodeResult append_message(BlockQueue& queue, BlockShare& share, Bytes prefix, std::size_t size,
                                          const pb_msgdesc_t* fields, const void* message) {
  constexpr std::array<std::uint8_t, 64> kZeros{};
  const std::size_t end = queue.size() + prefix.size() + size;
  QueueSink sink(queue, share);
  (void)sink.write(prefix);  // Reserved, like the next.
  const codec::EncodeResult encoded = codec::encode_to(sink, fields, message);
  while (queue.size() < end)
    (void)sink.write(Bytes(kZeros).first(std::min(kZeros.size(), end - queue.size())));
  return encoded;
}

}  // namespace mote::lean
