// A non-blocking stream of bytes in both directions: a plain socket, or TLS on it. After WouldBlock of write(), the same bytes are
// written again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/span.h"

namespace mote::lean {

enum class Io : std::uint8_t {
  Done,        // `size` bytes were moved, at least one.
  WouldBlock,  // Try again when the poller reports the socket.
  Closed,      // The peer is gone, or the stream failed.
};

struct IoResult {
  Io io = Io::WouldBlock;
  std::size_t size = 0;
};

class ByteStream {
 public:
  virtual IoResult read(MutableBytes to) = 0;
  // Reads into all parts, one after the other, of which none is empty, or into the first alone.
  virtual IoResult read_parts(std::span<const MutableBytes> parts) { return read(parts.front()); }
  virtual IoResult write(Bytes from) = 0;
  // At most so many parts in one call.
  static constexpr std::size_t kMostParts = 100;
  // Writes bytes of all parts, of which none is empty, or of the first alone.
  virtual IoResult write_parts(std::span<const Bytes> parts) { return write(parts.front()); }
  // read_parts() and write_parts() move all parts at once.
  [[nodiscard]] virtual bool gathers() const { return false; }
  // read() has bytes that the poller does not report.
  [[nodiscard]] virtual bool input_waits() const { return false; }
  // Ends the outgoing direction; bytes already written still arrive.
  virtual void shut_down() = 0;

 protected:
  ~ByteStream() = default;
};

}  // namespace mote::lean
