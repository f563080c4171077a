// Who is at the other end of a connected socket.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/address.h"
#include "engine/lean/address_key.h"

namespace mote::lean {

// For a log line. Family AF_UNSPEC if the peer is gone.
engine::Address peer_address(int descriptor);
engine::AddressText peer_text(int descriptor);
// Whom a peer at this address counts as: on a Unix socket its user (SO_PEERCRED of the connected socket).
AddressKey key_of_peer(int descriptor, const engine::Address& peer);
// The user at the other end of a Unix socket; empty if the kernel does not know it.
std::optional<std::uint32_t> user_of_peer(int descriptor);

}  // namespace mote::lean
