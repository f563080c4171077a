#include "engine/lean/peer.h"

#include <sys/socket.h>

namespace mote::lean {

engine::AddressText peer_text(int descriptor) {
  engine::Address peer;
  if (::getpeername(descriptor, peer.pointer(), &peer.length) != 0) peer = engine::Address{};
  return engine::AddressText(peer);
}

}  // namespace mote::lean
