#include "engine/lean/address_key.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "bytes/byte_reader.h"

namespace mote::lean {

AddressKey key_of_ipv4(Bytes bytes) {
  return {.value = ByteReader(bytes).take_u32(), .kind = AddressKey::Kind::Ipv4};
}

AddressKey key_of_ipv6(Bytes bytes) {
  if (std::equal(engine::kIpv4Prefix.begin(), engine::kIpv4Prefix.end(), bytes.begin())) {
    return key_of_ipv4(bytes.subspan(engine::kIpv4Prefix.size()));
  }
  ByteReader in(bytes);
  const std::uint64_t high = in.take_u32();
  return {.value = high << 32U | in.take_u32(), .kind = AddressKey::Kind::Ipv6};
}

engine::Address address_of(const AddressKey& key) {
  engine::Address address;
  if (key.kind == AddressKey::Kind::Ipv4) {
    auto& ipv4 = *reinterpret_cast<sockaddr_in*>(&address.storage);
    ipv4.sin_family = AF_INET;
    ipv4.sin_addr.s_addr = htonl(static_cast<std::uint32_t>(key.value));
  } else if (key.kind == AddressKey::Kind::Ipv6) {
    auto& ipv6 = *reinterpret_cast<sockaddr_in6*>(&address.storage);
    ipv6.sin6_family = AF_INET6;
    for (std::size_t i = 0; i < sizeof(key.value); ++i)
      ipv6.sin6_addr.s6_addr[i] = static_cast<std::uint8_t>(key.value >> (56 - 8 * i));
  }
  return address;
}

AddressKey key_of(const engine::Address& address) {
  const std::optional<engine::Ipv6Bytes> host = engine::ipv6_of(address);
  return host ? key_of_ipv6(Bytes(host->data(), host->size())) : AddressKey{};
}

}  // namespace mote::lean
