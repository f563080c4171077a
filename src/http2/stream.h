// One HTTP/2 stream as the connection sees it (RFC 9113 5.1). The owner of the connection owns its streams: it hands
// one out when the connection asks, and gets it back when the stream is closed.
#pragma once

#include <cstdint>

#include "http2/constants.h"

namespace mote::http2 {

// A stream that exists is "open" or "half-closed"; idle and closed streams have no record.
struct Stream {
  StreamId id = 0;
  // DATA bytes that we may still send; negative after the peer shrank its window (RFC 9113 6.9.2).
  std::int32_t send_window_bytes = 0;
  // DATA bytes that the peer may still send; negative while it sends by a window that our SETTINGS have shrunk.
  std::int32_t receive_window_bytes = 0;
  // What content-length says is still to come; -1 where it was not given (RFC 9113 8.1.1).
  std::int64_t declared_bytes_left = -1;
  bool headers_received = false;  // The final header section; what follows is trailers.
  bool local_closed = false;      // We sent END_STREAM.
  bool remote_closed = false;     // The peer sent END_STREAM.
  // The open streams of one connection, oldest first.
  Stream* previous = nullptr;
  Stream* next = nullptr;
};

}  // namespace mote::http2
