// Version 2 of the PROXY protocol (proxy-protocol.txt of HAProxy, 2.2): a trusted proxy names its client in front of the first
// bytes of a connection. Version 1, a line of text, is not accepted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/lean/address_key.h"
#include "mote/span.h"

namespace mote::lean {

struct ProxyHeader {
  enum class State : std::uint8_t {
    Absent,      // The bytes begin in another way: nothing is to be skipped, and no client is named.
    Incomplete,  // More bytes are needed.
    Malformed,
    Complete,
  };

  State state = State::Malformed;
  std::size_t size = 0;         // Complete: the fixed part and the addresses, which are in the bytes.
  std::uint16_t following = 0;  // Complete: further bytes of the header (TLVs), which the caller discards.
  AddressKey client{};  // Complete: Kind::None for LOCAL, for an unknown family and for a Unix socket of the proxy.
};

// `bytes` are the first of a connection, at least one.
ProxyHeader read_proxy_header(Bytes bytes);

}  // namespace mote::lean
