// The state of one HTTP/2 stream (RFC 9113 5.1). The streams belong to the owner of the connection: it provides one when the
// connection asks for it, and may reuse it when the stream is closed.
#pragma once

#include <cstdint>

#include "http2/constants.h"
#include "http2/content_length.h"
#include "http2/window.h"

namespace mote::http2 {

// A stream that exists is "open" or "half-closed"; idle and closed streams have no record.
struct Stream {
  StreamId id = 0;
  SendWindow send_window{};
  // DATA bytes that the peer may still send; negative while the peer still uses a window that our SETTINGS have lowered.
  std::int32_t receive_window_bytes = 0;
  ContentLength content_length{};
  bool headers_received = false;  // The final header section was received; the next one is trailers.
  bool local_closed = false;      // We sent END_STREAM.
  bool remote_closed = false;     // The peer sent END_STREAM.
  // The open streams of one connection, oldest first (server/stream_list.h).
  Stream* previous = nullptr;
  Stream* next = nullptr;
};

}  // namespace mote::http2
