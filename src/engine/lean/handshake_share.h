// The share of the processor that steps of TLS handshakes may take (tls-handshake-percent) while other connections have work.
//
// A step cannot be interrupted. What it takes is a debt, which the turns of the loop pay back with the time that they spend on other
// work, or at once when there is none.
#pragma once

#include <cstdint>

#include "mote/rpc/call.h"

namespace mote::lean {

class HandshakeShare {
 public:
  // `percent`, 1 to 100, outlives the share and may change.
  explicit HandshakeShare(const std::uint32_t& percent) : percent_(percent) {}

  // A step may begin.
  [[nodiscard]] bool open() const { return debt_ <= rpc::Time::zero(); }
  // A step has to wait. Returns whether it is the first one since the share was open.
  [[nodiscard]] bool note_wait() {
    const bool first = !waited_;
    waited_ = true;
    return first;
  }
  void note_step(rpc::Time took) {
    constexpr std::uint32_t kWhole = 100;
    debt_ += took * kWhole / percent_;
    waited_ = false;
  }
  // A turn of the loop is over. `time` is all that it took; `moved_bytes` are the bytes that established connections have received and
  // sent since the start.
  void note_turn(rpc::Time time, std::uint64_t moved_bytes) {
    const bool others = moved_bytes != moved_bytes_;
    moved_bytes_ = moved_bytes;
    debt_ = others && debt_ > time ? debt_ - time : rpc::Time::zero();
  }

 private:
  const std::uint32_t& percent_;
  rpc::Time debt_{};
  std::uint64_t moved_bytes_ = 0;
  bool waited_ = false;
};

}  // namespace mote::lean
