// The byte stream of a plain socket.
#pragma once

#include <utility>

#include "engine/lean/byte_stream.h"

namespace mote::lean {

class SocketStream final : public ByteStream {
 public:
  // Takes over a connected, non-blocking socket.
  explicit SocketStream(int descriptor) : descriptor_(descriptor) {}
  ~SocketStream();
  // The other is then without a socket, and may only be destroyed.
  SocketStream(SocketStream&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  IoResult read(MutableBytes to) override;
  IoResult write(Bytes from) override;
  void shut_down() override;
  // -1: the socket has moved.
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace mote::lean
