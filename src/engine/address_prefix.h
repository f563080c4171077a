// The peers that trusted-proxy names: an address, a prefix of addresses, or all peers on Unix sockets.
#pragma once

#include <optional>
#include <string_view>

#include "engine/address.h"

namespace mote::engine {

class AddressPrefix {
 public:
  // An IPv4 or IPv6 address, "10.0.0.0/8", "2001:db8::/32", or "unix". Empty if it is none of these, or has bits behind the
  // prefix.
  static std::optional<AddressPrefix> parse(std::string_view text);

  // Also of an IPv4 address that came through an IPv6 socket (::ffff:a.b.c.d).
  [[nodiscard]] bool contains(const Address& address) const;

 private:
  Ipv6Bytes host_{};
  unsigned bits_ = 0;
  bool unix_ = false;
};

}  // namespace mote::engine
