// CONTINUATION (RFC 9113 6.10): a header block has a limit of frames, which stops a flood of them (RFC 9113 10.5.1).
#include "http2/server/server_connection.h"

namespace mote::http2 {

void ServerConnection::begin_continuation(ByteWriter& out) {
  if (++block_.frames <= limits_.header_frames) return;
  events_.on_limit(ConnectionLimit::HeaderFrames);
  fail(Fault::HeaderFrames, out);
}

}  // namespace mote::http2
