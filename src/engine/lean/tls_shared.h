// What the TLS connections of an engine share: buffers for the record at hand, and who may do a handshake.
#pragma once

#include <cstddef>

#include "engine/lean/handshake_places.h"
#include "engine/lean/handshake_share.h"
#include "mote/span.h"
#include "tls/server_context.h"
#include "tls/session.h"

namespace mote::lean {

struct TlsShared {
  // Plaintext that one write encrypts: several records go to the socket together.
  static constexpr std::size_t kBatchBytes = 4 * tls::kMostSentBytes;
  static constexpr std::size_t kSealedBytes = 4 * (tls::kMostSentBytes + tls::kSentOverheadBytes);
  static constexpr std::size_t kOpenedBytes = std::size_t{16} * 1024;

  tls::ServerContext* context;  // Of handshakes that begin.
  tls::RecordBuffers buffers;
  MutableBytes arrived;  // Records from the socket: tls::kMostRecordBytes.
  MutableBytes opened;   // Plaintext of a record that has no room where it is wanted: kOpenedBytes.
  MutableBytes sealed;   // Records for the socket: kSealedBytes.
  HandshakePlaces places;
  HandshakeShare share;
  bool stepped = false;  // A handshake has had its step in this turn of the loop.
  bool delayed = false;  // None may have one.

  // A turn of the loop begins (HandshakeShare::note_turn()).
  void begin_turn(rpc::Time last, std::uint64_t moved_bytes) {
    stepped = false;
    share.note_turn(last, moved_bytes);
    delayed = !share.open();
  }

  // The memory of all the buffers, in bytes.
  static std::size_t buffer_bytes() {
    return mote_tls_in_buffer_bytes() + mote_tls_out_buffer_bytes() + tls::kMostRecordBytes + kOpenedBytes +
           kSealedBytes;
  }
};

}  // namespace mote::lean
