// The bytes that a call has received, as messages: they are put behind each other as DATA brings them, and taken off the
// front one by one. The stream's window is what is free here, so that a server that keeps to it never sends too much.
#pragma once

#include <cstdint>

#include "mote/span.h"

namespace mote::device {

class MessageBuffer {
 public:
  enum class State : std::uint8_t {
    Empty,     // no byte
    Partial,   // a message that is not whole yet
    Whole,     // message() is one
    TooLarge,  // one that will never fit
    Invalid,   // compressed, or the flag byte is none (PROTOCOL-HTTP2.md)
  };

  explicit MessageBuffer(MutableBytes storage) : storage_(storage) {}

  void clear() { used_ = given_ = 0; }
  // False: no room for all of it; nothing was taken.
  [[nodiscard]] bool append(Bytes bytes);
  // What stands at the front.
  [[nodiscard]] State state() const;
  // Where Whole: the message, which stays until drop_given() makes room.
  [[nodiscard]] Bytes give();
  void drop_given();
  [[nodiscard]] bool holds_more() const { return used_ > given_; }  // bytes behind that message
  [[nodiscard]] std::size_t free_bytes() const { return storage_.size() - used_; }

 private:
  [[nodiscard]] std::uint32_t length() const;

  MutableBytes storage_;
  std::size_t used_ = 0;
  std::size_t given_ = 0;  // of these, bytes of the message that was given
};

}  // namespace mote::device
