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

AddressKey key_of_peer(int descriptor, const engine::Address& peer) {
  if (peer.family() != AF_UNIX) return key_of(peer);
  const std::optional<std::uint32_t> user = user_of_peer(descriptor);
  return user ? AddressKey{.value = *user, .kind = AddressKey::Kind::User} : AddressKey{};
}

std::optional<std::uint32_t> user_of_peer(int descriptor) {
  ucred user{};
  socklen_t size = sizeof(user);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &user, &size) != 0) return std::nullopt;
  return user.uid;
}

}  // namespace mote::lean
