// GOAWAY (RFC 9113 6.8). engine/lean/graceful_end.h has the order of the two GOAWAYs of a graceful end.
#include <algorithm>

#include "http2/server/server_connection.h"

namespace mote::http2 {

void ServerConnection::announce_goaway(std::string_view reason, ByteWriter& out) const {
  if (goaway_.sent()) return;  // A later GOAWAY may not name a higher stream.
  write_goaway(out, kMaxStreamId, ErrorCode::NoError, reason);
}

void ServerConnection::goaway(ErrorCode code, std::string_view reason, ByteWriter& out) {
  if (!goaway_.sent()) provoked_.sent_goaway(limits_.streams);
  goaway_.record(ids_.last());
  write_goaway(out, goaway_.last_stream(), code, reason);
}

void ServerConnection::take_goaway(ByteReader& in, ByteWriter& out) {
  spend_idle_frame(out);
  if (failed()) return;
  const StreamId last = read_u31(in);
  const auto code = static_cast<ErrorCode>(in.take_u32());
  const Bytes reason = in.rest().first(std::min<std::size_t>(in.remaining(), payload_left_));
  events_.on_goaway(last, code, as_text(reason));
}

}  // namespace mote::http2
