// The limits of one connection for its peer. The owner fills them in once; all its connections share them.
#pragma once

#include <cstdint>

#include "http2/constants.h"

namespace mote::http2 {

struct ConnectionLimits {
  // Announced as SETTINGS_MAX_CONCURRENT_STREAMS; one more is refused with REFUSED_STREAM.
  std::uint32_t streams = 100;
  // What a peer may send on a stream before Connection::grant(), announced as SETTINGS_INITIAL_WINDOW_SIZE.
  std::uint32_t stream_window_bytes = 65535;
  // Name, value and 32 bytes for each field of a section (RFC 9113 6.5.2), announced as SETTINGS_MAX_HEADER_LIST_SIZE.
  std::uint32_t header_bytes = 8192;
  std::uint32_t header_fields = 64;
  // HEADERS and CONTINUATION frames of one header block.
  std::uint32_t header_frames = 8;
  // How many times header_bytes and header_fields a block may have before it is abandoned with its connection.
  std::uint32_t header_excess = 2;
  // The peer's header table, announced as SETTINGS_HEADER_TABLE_SIZE; at most kDefaultHeaderTableBytes. Many clients
  // ignore a lower value (docs/limits.md).
  std::uint32_t header_table_bytes = kDefaultHeaderTableBytes;
  // Streams that ended in a reset by the peer or for a fault of the peer, before the connection is closed.
  std::uint32_t reset_budget = 200;
  // Streams refused by the owner, or by a limit that the peer does not know yet, before such a refusal spends a reset.
  std::uint32_t free_refusals = 1000;
  // Frames without progress that we did not provoke (http2/server/provoked_frames.h), before the connection is closed.
  std::uint32_t idle_frame_budget = 1000;
};

// The limits that a connection enforces by itself, for the owner's counters.
enum class ConnectionLimit : std::uint8_t {
  Streams,
  HeaderBytes,
  HeaderFields,
  HeaderFrames,
  HeaderExcess,
  Resets,
  Refusals,
  IdleFrames,
};

}  // namespace mote::http2
