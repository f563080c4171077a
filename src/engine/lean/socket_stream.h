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
  IoResult read_parts(std::span<const MutableBytes> parts) override;
  IoResult write(Bytes from) override;
  IoResult write_parts(std::span<const Bytes> parts) override;
  [[nodiscard]] bool gathers() const override { return true; }
  void shut_down() override;
  // The kernel gave up waiting for the peer.
  [[nodiscard]] bool timed_out() const { return timed_out_; }
  // -1: the socket has moved.
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  IoResult failure();

  int descriptor_;
  bool timed_out_ = false;
};

}  // namespace mote::lean
