// The byte stream of a plain socket.
#pragma once

#include "engine/lean/byte_stream.h"

namespace mote::lean {

class SocketStream final : public ByteStream {
 public:
  // Takes over a connected, non-blocking socket.
  explicit SocketStream(int descriptor) : descriptor_(descriptor) {}
  ~SocketStream();
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  IoResult read(MutableBytes to) override;
  IoResult write(Bytes from) override;
  void shut_down() override;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace mote::lean
