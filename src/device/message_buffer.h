// A FIFO buffer of received messages. DATA payloads are appended, and messages are taken from the front. The client grants a
// stream window of at most the free space, so a server that obeys flow control never overflows the buffer.
#pragma once

#include <cstdint>

#include "mote/span.h"

namespace mote::device {

class MessageBuffer {
 public:
  enum class State : std::uint8_t {
    Empty,     // no bytes
    Partial,   // an incomplete message
    Whole,     // a complete message
    TooLarge,  // a message that is larger than the buffer
    Invalid,   // a compressed message, or an invalid flag byte (PROTOCOL-HTTP2.md)
  };

  explicit MessageBuffer(MutableBytes storage) : storage_(storage) {}

  void clear() { used_ = taken_ = 0; }
  // Returns false and appends nothing if `bytes` do not fit.
  [[nodiscard]] bool append(Bytes bytes);
  // The state of the first message.
  [[nodiscard]] State state() const;
  // Returns the first message; requires Whole. It is valid until discard_taken() releases its memory.
  [[nodiscard]] Bytes take();
  void discard_taken();
  [[nodiscard]] bool holds_more() const { return used_ > taken_; }  // bytes after the taken message
  [[nodiscard]] std::size_t free_bytes() const { return storage_.size() - used_; }

 private:
  [[nodiscard]] std::uint32_t length() const;

  MutableBytes storage_;
  std::size_t used_ = 0;
  std::size_t taken_ = 0;  // bytes of it that belong to the taken message
};

}  // namespace mote::device
