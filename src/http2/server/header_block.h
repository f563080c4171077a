// The current header block: HEADERS and its CONTINUATION frames (RFC 9113 4.3). Blocks do not interleave, so a connection has
// one.
#pragma once

#include <cstdint>

#include "http2/constants.h"

namespace mote::http2 {

struct HeaderBlock {
  // What happens to the block. It is always decoded, because the header table must stay in sync with the peer; but beyond
  // ConnectionLimits::header_excess times the limits the connection ends.
  enum class Fate : std::uint8_t {
    Deliver,
    Refuse,      // REFUSED_STREAM, which costs the peer a reset
    RefuseFree,  // REFUSED_STREAM for a reason that is not the peer's fault
    Ignore,
  };

  [[nodiscard]] bool open() const { return stream != 0; }
  [[nodiscard]] bool deliverable() const { return fate == Fate::Deliver && !too_large; }

  StreamId stream = 0;  // 0: no block is open.
  std::uint32_t field_bytes = 0;
  std::uint16_t fields = 0;
  std::uint16_t frames = 0;
  Fate fate = Fate::Ignore;
  bool ends_stream = false;
  bool too_large = false;
  bool restored = false;        // Its first fields came from KnownHead.
  bool request_begins = false;  // Of a request, and no byte of it has been decoded yet.
};

}  // namespace mote::http2
