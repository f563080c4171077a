// Who a peer counts as: the key of address_table.h.
#pragma once

#include <cstdint>

#include "engine/address.h"
#include "mote/span.h"

namespace mote::lean {

struct AddressKey {
  enum class Kind : std::uint8_t { None, Ipv4, Ipv6, User };

  std::uint64_t value = 0;  // The IPv4 address, the first half of the IPv6 address, or the user's id.
  Kind kind = Kind::None;

  bool operator==(const AddressKey&) const = default;
};

// An IPv4 address that came through an IPv6 socket (::ffff:a.b.c.d) counts as the IPv4 address. A Unix socket gives
// Kind::None: see key_of_peer() of peer.h.
AddressKey key_of(const engine::Address& address);

// Of the first 4 or 16 bytes, in network order.
AddressKey key_of_ipv4(Bytes bytes);
AddressKey key_of_ipv6(Bytes bytes);
// The address of a key without a port, for a log line: of IPv6 the first of its /64.
engine::Address address_of(const AddressKey& key);

}  // namespace mote::lean
