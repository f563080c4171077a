// Frame headers, and the control frames that are written whole (RFC 9113 4.1 and 6).
//
// Nothing here checks a frame against the state of a connection. Each write_* appends one frame to the writer; where it
// does not fit, the writer is overflowed() and may hold a part of the frame: rewind() to where it began.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "wire/bytes.h"
#include "wire/http2.h"

namespace mote::wire {

struct FrameHeader {
  std::uint32_t length = 0;  // bytes of payload behind the header, 24 bits
  FrameType type = FrameType::Data;
  std::uint8_t flags = 0;
  StreamId stream = 0;
};

inline bool has(const FrameHeader& frame, std::uint8_t flag) {
  return (frame.flags & flag) != 0;
}

struct Setting {
  SettingId id = SettingId::HeaderTableSize;
  std::uint32_t value = 0;
};

// What the fixed parts of payloads measure, in bytes.
inline constexpr std::uint32_t kSettingBytes = 6;       // each, RFC 9113 6.5.1
inline constexpr std::uint32_t kPriorityBytes = 5;      // RFC 9113 6.3, also within HEADERS
inline constexpr std::uint32_t kRstStreamBytes = 4;     // RFC 9113 6.4
inline constexpr std::uint32_t kPingBytes = 8;          // RFC 9113 6.7
inline constexpr std::uint32_t kGoAwayBytes = 8;        // RFC 9113 6.8, without the reason
inline constexpr std::uint32_t kWindowUpdateBytes = 4;  // RFC 9113 6.9

// Needs kFrameHeaderBytes in `in`. The reserved bit is dropped, types and flags are handed over as they came.
[[nodiscard]] inline FrameHeader read_frame_header(ByteReader& in) {
  const auto bytes = in.take_array<kFrameHeaderBytes>();
  return {
      .length = std::uint32_t{bytes[0]} << 16U | std::uint32_t{bytes[1]} << 8U | bytes[2],
      .type = static_cast<FrameType>(bytes[3]),
      .flags = bytes[4],
      .stream = (bytes[5] & 0x7fU) << 24U | std::uint32_t{bytes[6]} << 16U | std::uint32_t{bytes[7]} << 8U | bytes[8],
  };
}

// Needs kSettingBytes in `in`. An unknown id is handed over as it came.
[[nodiscard]] Setting read_setting(ByteReader& in);

// Needs 4 bytes in `in`: a stream id, a promised or last stream id, or the increment of a WINDOW_UPDATE, without the
// reserved bit before it.
[[nodiscard]] std::uint32_t read_u31(ByteReader& in);

// Needs kPingBytes in `in`. The number stands for 8 opaque bytes: written by write_ping() they are the same again.
[[nodiscard]] std::uint64_t read_ping(ByteReader& in);

inline void write_frame_header(ByteWriter& out, const FrameHeader& header) {
  const auto byte = [](std::uint32_t value, unsigned shift) { return static_cast<std::uint8_t>(value >> shift); };
  const std::uint32_t stream = header.stream & kMaxStreamId;
  out.array(std::array{byte(header.length, 16), byte(header.length, 8), byte(header.length, 0),
                       static_cast<std::uint8_t>(header.type), header.flags, byte(stream, 24), byte(stream, 16),
                       byte(stream, 8), byte(stream, 0)});
}
void write_settings(ByteWriter& out, std::span<const Setting> settings);
void write_settings_ack(ByteWriter& out);
void write_ping(ByteWriter& out, bool ack, std::uint64_t opaque);
void write_rst_stream(ByteWriter& out, StreamId stream, ErrorCode error);
void write_window_update(ByteWriter& out, StreamId stream, std::uint32_t increment_bytes);

// `last` is the highest stream of the peer that was, or may yet be, acted upon; `reason` is text for a person's log.
void write_goaway(ByteWriter& out, StreamId last, ErrorCode error, std::string_view reason);

}  // namespace mote::wire
