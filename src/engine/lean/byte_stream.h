// What stands between a socket and a connection: bytes both ways without blocking. TLS is another implementation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/span.h"

namespace mote::lean {

enum class Io : std::uint8_t {
  Done,        // `size` bytes were moved, at least one.
  WouldBlock,  // Nothing now; the poller says when to try again.
  Closed,      // The peer is gone, or the stream failed.
};

struct IoResult {
  Io io = Io::WouldBlock;
  std::size_t size = 0;
};

class ByteStream {
 public:
  virtual IoResult read(MutableBytes to) = 0;
  virtual IoResult write(Bytes from) = 0;
  // Nothing more is written; what was written still arrives.
  virtual void shut_down() = 0;

 protected:
  ~ByteStream() = default;
};

}  // namespace mote::lean
