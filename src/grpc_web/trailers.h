// The trailers of a call are the last frame of the content: a prefix like that of a message, whose first byte is 0x80, and lines as
// in HTTP/1.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bytes/byte_writer.h"
#include "mote/span.h"
#include "mote/status_code.h"

namespace mote::grpc_web {

inline constexpr std::size_t kLineBytes = 4;

// The prefix and the line with the status, which is the first one.
class TrailersHead {
 public:
  // The size of all other lines is `more_bytes`.
  TrailersHead(StatusCode status, std::size_t more_bytes);
  [[nodiscard]] Bytes bytes() const { return Bytes(bytes_).first(size_); }

 private:
  static constexpr std::size_t kMostBytes = 5 + sizeof("grpc-status: 16\r\n");

  std::array<std::uint8_t, kMostBytes> bytes_{};
  std::size_t size_;
};

// "name: value" with its end, which is kLineBytes longer than both.
void write_line(ByteWriter& out, std::string_view name, std::string_view value);

}  // namespace mote::grpc_web
