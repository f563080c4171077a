// The open streams of one connection, oldest first. The list links the streams themselves and owns no memory.
#pragma once

#include <cstdint>

#include "http2/stream.h"

namespace mote::http2 {

class StreamList {
 public:
  void add(Stream& stream) {
    stream.previous = last_;
    (last_ == nullptr ? first_ : last_->next) = &stream;
    last_ = &stream;
    ++count_;
  }
  void remove(Stream& stream) {
    (stream.previous == nullptr ? first_ : stream.previous->next) = stream.next;
    (stream.next == nullptr ? last_ : stream.next->previous) = stream.previous;
    stream.previous = stream.next = nullptr;
    --count_;
  }

  [[nodiscard]] Stream* first() const { return first_; }
  [[nodiscard]] std::uint32_t count() const { return count_; }

 private:
  Stream* first_ = nullptr;
  Stream* last_ = nullptr;
  std::uint32_t count_ = 0;
};

}  // namespace mote::http2
