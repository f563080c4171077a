// The address of a socket's peer, for a log line.
#pragma once

#include "engine/address.h"

namespace mote::lean {

// Of the peer; family AF_UNSPEC if the peer is gone.
engine::Address peer_address(int descriptor);
engine::AddressText peer_text(int descriptor);

}  // namespace mote::lean
