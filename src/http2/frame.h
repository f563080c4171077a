// Reads and writes frame headers and control frames (RFC 9113 4.1 and 6).
//
// Nothing here checks a frame against the state of a connection. Each write_* appends one frame to the writer. If the frame
// does not fit, the writer is overflowed() and may hold a part of it: rewind() to its start.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "bytes/big_endian.h"
#include "bytes/byte_reader.h"
#include "bytes/byte_writer.h"
#include "http2/constants.h"

namespace mote::http2 {

struct FrameHeader {
  std::uint32_t length = 0;  // bytes of payload, 24 bits
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

// The sizes of the fixed parts of payloads.
inline constexpr std::uint32_t kSettingBytes = 6;       // one setting, RFC 9113 6.5.1
inline constexpr std::uint32_t kPriorityBytes = 5;      // RFC 9113 6.3, also in HEADERS
inline constexpr std::uint32_t kRstStreamBytes = 4;     // RFC 9113 6.4
inline constexpr std::uint32_t kPingBytes = 8;          // RFC 9113 6.7
inline constexpr std::uint32_t kGoAwayBytes = 8;        // RFC 9113 6.8, without the reason
inline constexpr std::uint32_t kWindowUpdateBytes = 4;  // RFC 9113 6.9

// The reserved bit is cleared; types and flags are unchanged.
[[nodiscard]] inline FrameHeader frame_header_of(std::span<const std::uint8_t, kFrameHeaderBytes> bytes) {
  return {
      .length = load_u32(bytes.first<4>()) >> 8U,
      .type = static_cast<FrameType>(bytes[3]),
      .flags = bytes[4],
      .stream = load_u32(bytes.last<4>()) & kMaxStreamId,
  };
}

// An unknown id is unchanged.
[[nodiscard]] inline Setting setting_of(std::span<const std::uint8_t, kSettingBytes> bytes) {
  return {.id = static_cast<SettingId>(bytes[0] << 8 | bytes[1]), .value = load_u32(bytes.last<4>())};
}

// A stream id, a promised or last stream id, or the increment of a WINDOW_UPDATE, without the reserved bit.
[[nodiscard, gnu::always_inline]] inline std::uint32_t u31_of(std::span<const std::uint8_t, 4> bytes) {
  return load_u32(bytes) & kMaxStreamId;
}

// The same from the front of `in`, which must have enough bytes.
[[nodiscard]] inline FrameHeader read_frame_header(ByteReader& in) {
  return frame_header_of(in.take_array<kFrameHeaderBytes>());
}
[[nodiscard]] inline Setting read_setting(ByteReader& in) {
  return setting_of(in.take_array<kSettingBytes>());
}
[[nodiscard]] inline std::uint32_t read_u31(ByteReader& in) {
  return u31_of(in.take_array<4>());
}

// Reads priority fields, kPriorityBytes, and returns the stream dependency. The rest is ignored (RFC 9113 5.3.2).
[[nodiscard]] inline StreamId read_dependency(ByteReader& in) {
  const StreamId stream = read_u31(in);
  in.take(1);  // The weight.
  return stream;
}

// `in` must have kPingBytes. The number represents 8 opaque bytes; write_ping() writes the same bytes.
[[nodiscard]] std::uint64_t read_ping(ByteReader& in);

// `length_and_type` has the length in its upper 24 bits: a constant length and type are then one constant.
inline void write_packed_header(ByteWriter& out, std::uint32_t length_and_type, std::uint8_t flags, StreamId stream) {
  std::array<std::uint8_t, kFrameHeaderBytes> bytes{};
  const std::span header(bytes);
  store_u32(header.first<4>(), length_and_type);
  header[4] = flags;
  store_u32(header.last<4>(), stream);
  out.array(bytes);
}

[[gnu::always_inline]] inline void write_frame_header(ByteWriter& out, const FrameHeader& header) {
  write_packed_header(out, header.length << 8U | static_cast<std::uint32_t>(header.type), header.flags,
                      header.stream & kMaxStreamId);
}
void write_settings(ByteWriter& out, std::span<const Setting> settings);
void write_settings_ack(ByteWriter& out);
void write_ping(ByteWriter& out, bool ack, std::uint64_t opaque);
void write_rst_stream(ByteWriter& out, StreamId stream, ErrorCode error);
void write_window_update(ByteWriter& out, StreamId stream, std::uint32_t increment_bytes);

// `last` is the highest stream of the peer that was or may be processed. `reason` is text for logs.
void write_goaway(ByteWriter& out, StreamId last, ErrorCode error, std::string_view reason);

}  // namespace mote::http2
