// The TLS of one Connection. Engine has as many as connections if a listener speaks TLS, and none otherwise.
#pragma once

#include "engine/lean/handshake_places.h"
#include "engine/lean/tls_stream.h"

namespace mote::lean {

struct TlsConnection {
  TlsConnection(TlsShared& shared, Connection& connection, ByteStream& socket, BlockShare& share)
      : place(shared.places, connection, share.address()), stream(shared, socket, share) {}

  HandshakePlace place;
  TlsStream stream;
};

}  // namespace mote::lean
