// The sending half of Connection.
#include <algorithm>

#include "hpack/encoder.h"
#include "http2/server/server_connection.h"

namespace mote::http2 {

void ServerConnection::start(ByteWriter& out) {
  const std::array settings{
      Setting{SettingId::MaxConcurrentStreams, limits_.streams},
      Setting{SettingId::HeaderTableSize, limits_.header_table_bytes},
      Setting{SettingId::MaxHeaderListSize, limits_.header_bytes},
      Setting{SettingId::InitialWindowSize, limits_.stream_window_bytes},
  };
  write_settings(out, settings);
}

// Cut into HEADERS and CONTINUATION only where the peer's frame size demands it (RFC 9113 6.10).
bool ServerConnection::send_headers(Stream& stream, Bytes block, bool end_stream, ByteWriter& out) {
  // Our encoder uses none of the peer's table and says so once, which settles RFC 7541 4.2 for every later SETTINGS.
  std::size_t update = size_update_sent_ ? 0 : 1;
  std::size_t left = block.size() + update;
  const std::size_t frames = left < peer_max_frame_bytes_ ? 1 : 1 + left / peer_max_frame_bytes_;
  if (out.room() < left + frames * kFrameHeaderBytes + kControlReserveBytes) return false;

  size_update_sent_ = true;
  provoked_.sent();
  ByteReader rest(block);
  FrameType type = FrameType::Headers;
  std::uint8_t flags = end_stream ? kEndStream : 0;
  do {
    const std::size_t size = std::min<std::size_t>(left, peer_max_frame_bytes_);
    left -= size;
    if (left == 0) flags |= kEndHeaders;
    write_frame_header(out, {static_cast<std::uint32_t>(size), type, flags, stream.id});
    if (update != 0) hpack::Encoder(out).no_table();
    out.bytes(rest.take(size - update));
    update = 0;
    flags = 0;
    type = FrameType::Continuation;
  } while (left != 0);
  if (end_stream) close_local(stream);
  return true;
}

std::size_t ServerConnection::sendable_bytes(const Stream& stream) const {
  const std::int32_t window = std::min(send_window_bytes_, stream.send_window_bytes);
  return std::min<std::size_t>(static_cast<std::size_t>(std::max<std::int32_t>(window, 0)), peer_max_frame_bytes_);
}

MutableBytes ServerConnection::data_place(const Stream& stream, const ByteWriter& out) const {
  if (out.room() < kFrameHeaderBytes + kControlReserveBytes) return {};
  const std::size_t room = out.room() - kFrameHeaderBytes - kControlReserveBytes;
  return out.tail().subspan(kFrameHeaderBytes, std::min(room, sendable_bytes(stream)));
}

void ServerConnection::send_data(Stream& stream, std::size_t size, bool end_stream, ByteWriter& out) {
  const auto length = static_cast<std::uint32_t>(size);
  write_frame_header(out, {length, FrameType::Data, end_stream ? kEndStream : std::uint8_t{0}, stream.id});
  out.advance(size);
  send_window_bytes_ -= static_cast<std::int32_t>(length);
  stream.send_window_bytes -= static_cast<std::int32_t>(length);
  provoked_.sent();
  if (end_stream) close_local(stream);
}

void ServerConnection::close_local(Stream& stream) {
  stream.local_closed = true;
  if (stream.remote_closed) unlink(stream);
}

void ServerConnection::reset(Stream& stream, ErrorCode code, ByteWriter& out) {
  write_rst_stream(out, stream.id, code);
  provoked_.sent();
  if (!stream.remote_closed) forget_early(stream.id, stream.receive_window_bytes);
  unlink(stream);
}

void ServerConnection::grant(Stream& stream, std::uint32_t size, ByteWriter& out) {
  if (stream.remote_closed || size == 0) return;
  write_window_update(out, stream.id, size);
  stream.receive_window_bytes += static_cast<std::int32_t>(size);
}

// Of the connection's window, in steps of half of it.
void ServerConnection::give_back(std::int32_t size, ByteWriter& out) {
  constexpr std::int32_t kStepBytes = kDefaultWindowBytes / 2;
  credit_bytes_ += size;
  if (credit_bytes_ < kStepBytes) return;
  write_window_update(out, 0, static_cast<std::uint32_t>(credit_bytes_));
  receive_window_bytes_ += credit_bytes_;
  credit_bytes_ = 0;
}

void ServerConnection::ping(std::uint64_t payload, ByteWriter& out) {
  provoked_.sent_ping();
  write_ping(out, false, payload);
}

void ServerConnection::announce_goaway(std::string_view reason, ByteWriter& out) const {
  if (goaway_sent_) return;  // RFC 9113 6.8: the last stream may not rise again.
  write_goaway(out, kMaxStreamId, ErrorCode::NoError, reason);
}

void ServerConnection::goaway(ErrorCode code, std::string_view reason, ByteWriter& out) {
  goaway_last_ = std::min(goaway_last_, last_peer_stream_);
  if (!goaway_sent_) provoked_.sent_goaway(limits_.streams);
  goaway_sent_ = true;
  write_goaway(out, goaway_last_, code, reason);
}

}  // namespace mote::http2
