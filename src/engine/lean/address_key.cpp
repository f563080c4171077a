#include "engine/lean/address_key.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "bytes/byte_reader.h"

namespace mote::lean {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

AddressKey key_of(const in6_addr& address) {
  const Bytes bytes(address.s6_addr, sizeof(address.s6_addr));
  ByteReader in(bytes);
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin())) {
    in.take(kMappedPrefix.size());
    return {.value = in.take_u32(), .kind = AddressKey::Kind::Ipv4};
  }
  const std::uint64_t high = in.take_u32();
  return {.value = high << 32U | in.take_u32(), .kind = AddressKey::Kind::Ipv6};
}

}  // namespace

AddressKey key_of(const engine::Address& address) {
  switch (address.family()) {
    case AF_INET: {
      const auto& ipv4 = *reinterpret_cast<const sockaddr_in*>(&address.storage);
      return {.value = ntohl(ipv4.sin_addr.s_addr), .kind = AddressKey::Kind::Ipv4};
    }
    case AF_INET6:
      return key_of(reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr);
    default:
      return {};
  }
}

AddressKey key_of_peer(int descriptor) {
  engine::Address peer;
  if (::getpeername(descriptor, peer.pointer(), &peer.length) != 0) return {};
  if (peer.family() != AF_UNIX) return key_of(peer);
  ucred user{};
  socklen_t size = sizeof(user);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &user, &size) != 0) return {};
  return {.value = user.uid, .kind = AddressKey::Kind::User};
}

}  // namespace mote::lean
