#include "engine/lean/peer.h"

#include <sys/socket.h>

namespace mote::lean {

engine::Address peer_address(int descriptor) {
  engine::Address peer;
  if (::getpeername(descriptor, peer.pointer(), &peer.length) != 0) peer = engine::Address{};
  return peer;
}

engine::AddressText peer_text(int descriptor) {
  return engine::AddressText(peer_address(descriptor));
}

}  // namespace mote::lean
