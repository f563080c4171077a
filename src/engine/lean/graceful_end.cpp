#include "engine/lean/graceful_end.h"

namespace mote::lean {

namespace {

constexpr std::uint64_t kDrainPing = 0x6d6f746564726169;

}  // namespace

void GracefulEnd::announce(http2::ServerConnection& http2, std::string_view reason, ByteWriter& out) {
  step_ = Step::Announced;
  http2.announce_goaway(reason, out);
  http2.ping(kDrainPing, out);
}

void GracefulEnd::complete(http2::ServerConnection& http2, std::string_view reason, ByteWriter& out) {
  if (!http2.goaway_sent()) http2.goaway(http2::ErrorCode::NoError, reason, out);
}

}  // namespace mote::lean
