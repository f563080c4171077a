// Spends the budgets of flood_budget.h: reset floods, and frames without progress (RFC 9113 10.5).
#include "http2/server/server_connection.h"

namespace mote::http2 {

void ServerConnection::spend_reset(ByteWriter& out) {
  if (failed() || flood_budget_.resets.spend()) return;
  events_.on_limit(ConnectionLimit::Resets);
  fail(Fault::Resets, out);
}

void ServerConnection::spend_idle_frame(ByteWriter& out) {
  if (flood_budget_.idle_frames.spend()) return;
  events_.on_limit(ConnectionLimit::IdleFrames);
  fail(Fault::IdleFrames, out);
}

}  // namespace mote::http2
