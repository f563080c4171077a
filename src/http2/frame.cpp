#include "http2/frame.h"

namespace mote::http2 {

namespace {

void write_u64(ByteWriter& out, std::uint64_t value) {
  out.u32(static_cast<std::uint32_t>(value >> 32U));
  out.u32(static_cast<std::uint32_t>(value));
}

}  // namespace

std::uint64_t read_ping(ByteReader& in) {
  const std::uint64_t high = in.take_u32();
  return high << 32U | in.take_u32();
}

void write_settings(ByteWriter& out, std::span<const Setting> settings) {
  const auto length = static_cast<std::uint32_t>(settings.size()) * kSettingBytes;
  write_frame_header(out, {.length = length, .type = FrameType::Settings});
  for (const Setting& setting : settings) {
    out.u16(static_cast<std::uint16_t>(setting.id));
    out.u32(setting.value);
  }
}

void write_settings_ack(ByteWriter& out) {
  write_frame_header(out, {.type = FrameType::Settings, .flags = kAck});
}

void write_ping(ByteWriter& out, bool ack, std::uint64_t opaque) {
  const std::uint8_t flags = ack ? kAck : std::uint8_t{0};
  write_frame_header(out, {.length = kPingBytes, .type = FrameType::Ping, .flags = flags});
  write_u64(out, opaque);
}

void write_rst_stream(ByteWriter& out, StreamId stream, ErrorCode error) {
  write_frame_header(out, {.length = kRstStreamBytes, .type = FrameType::RstStream, .stream = stream});
  out.u32(static_cast<std::uint32_t>(error));
}

void write_window_update(ByteWriter& out, StreamId stream, std::uint32_t increment_bytes) {
  write_frame_header(out, {.length = kWindowUpdateBytes, .type = FrameType::WindowUpdate, .stream = stream});
  out.u32(increment_bytes & kMaxWindowBytes);
}

void write_goaway(ByteWriter& out, StreamId last, ErrorCode error, std::string_view reason) {
  const auto length = static_cast<std::uint32_t>(kGoAwayBytes + reason.size());
  write_frame_header(out, {.length = length, .type = FrameType::GoAway});
  out.u32(last & kMaxStreamId);
  out.u32(static_cast<std::uint32_t>(error));
  out.text(reason);
}

}  // namespace mote::http2
