// The content-length of a message against the DATA that arrives (RFC 9113 8.1.1). field_rules.h parses the field.
#pragma once

#include <cstdint>

namespace mote::http2 {

class ContentLength {
 public:
  // -1: the message has no content-length and may have any length.
  void declare(std::int64_t bytes) { left_ = bytes; }

  // Counts `bytes` of DATA, padding excluded. False: the message is malformed, because it is longer than declared or, where
  // `end_stream`, shorter.
  [[nodiscard]] bool take(std::uint32_t bytes, bool end_stream) {
    if (left_ < 0) return true;
    left_ -= bytes;
    return end_stream ? left_ == 0 : left_ >= 0;
  }

  // The message may end here.
  [[nodiscard]] bool reached() const { return left_ <= 0; }

 private:
  std::int64_t left_ = -1;
};

}  // namespace mote::http2
