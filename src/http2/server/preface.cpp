// Connection prefaces (RFC 9113 3.4). The client's is a constant text, then SETTINGS; the server's is SETTINGS.
#include <array>

#include "http2/server/server_connection.h"

namespace mote::http2 {

void ServerConnection::start(ByteWriter& out, std::uint32_t window_bytes) {
  settings_.announce(static_cast<std::int32_t>(window_bytes));
  const std::array settings{
      Setting{SettingId::MaxConcurrentStreams, limits_.streams},
      Setting{SettingId::HeaderTableSize, limits_.header_table_bytes},
      Setting{SettingId::MaxHeaderListSize, limits_.header_bytes},
      Setting{SettingId::InitialWindowSize, window_bytes},
  };
  write_settings(out, settings);
}

bool ServerConnection::take_preface(ByteReader& in, ByteWriter& out) {
  const Bytes expected = as_bytes(kPreface).subspan(preface_matched_);
  const Bytes got = in.take(expected.size());
  if (as_text(got) != as_text(expected.first(got.size()))) {
    fail(Fault::Preface, out);
    return false;
  }
  preface_matched_ = static_cast<std::uint8_t>(preface_matched_ + got.size());
  if (preface_matched_ < kPreface.size()) return false;
  phase_ = Phase::FrameHeader;
  return true;
}

}  // namespace mote::http2
