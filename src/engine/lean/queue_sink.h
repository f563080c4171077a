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

// The rest of a message that turns out to be shorter than its prefix says. The sink has room for it.
inline void write_zeros(codec::ByteSink& sink, std::size_t size) {
  constexpr std::array<std::uint8_t, 64> kZeros{};
  while (size != 0) {
    const Bytes zeros = Bytes(kZeros).first(std::min(kZeros.size(), size));
    if (!sink.write(zeros)) return;
    size -= zeros.size();
  }
}

// Appends a message and the `prefix` with its size, for which room is reserved. If it cannot be encoded, what is missing is zero.
inline codec::EncodeResult append_message(BlockQueue& queue, BlockShare& share, Bytes prefix, std::size_t size,
                                          const pb_msgdesc_t* fields, const void* message) {
  const std::size_t end = queue.size() + prefix.size() + size;
  QueueSink sink(queue, share);
  (void)sink.write(prefix);  // Reserved, like the next.
  const codec::EncodeResult encoded = codec::encode_to(sink, fields, message);
  write_zeros(sink, end - queue.size());
  return encoded;
}

}  // namespace mote::lean
