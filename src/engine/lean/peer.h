// The address of a socket's peer, for a log line.
#pragma once

#include "engine/address.h"

namespace mote::lean {

engine::AddressText peer_text(int descriptor);

}  // namespace mote::lean
