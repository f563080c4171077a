// PING (RFC 9113 6.7).
#include "http2/server/server_connection.h"

namespace mote::http2 {

void ServerConnection::ping(std::uint64_t payload, ByteWriter& out) {
  provoked_.sent_ping();
  write_ping(out, false, payload);
}

void ServerConnection::take_ping(std::uint64_t payload, ByteWriter& out) {
  const bool ack = has(frame_, kAck);
  if (!(ack ? provoked_.take_ping_ack() : provoked_.take_ping())) spend_idle_frame(out);
  if (failed()) return;
  if (ack) return events_.on_ping_ack(payload);
  write_ping(out, true, payload);
}

}  // namespace mote::http2
