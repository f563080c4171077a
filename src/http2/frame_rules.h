// The rules of RFC 9113 6 that depend only on the frame type, in one byte for each type.
#pragma once

#include <array>
#include <cstdint>

#include "http2/frame.h"

namespace mote::http2 {

// The size of the fixed part at the start of the payload (flags may add to it), whether the payload has nothing else, and
// where the frame is allowed: on the connection, on a stream that has been open, on an idle stream (RFC 9113 5.1).
inline constexpr std::uint8_t kFixedBytes = 0x0f;
inline constexpr std::uint8_t kNothingElse = 0x10;
inline constexpr std::uint8_t kOnConnection = 0x20;
inline constexpr std::uint8_t kOnStream = 0x40;
inline constexpr std::uint8_t kOnIdleStream = 0x80;

// For unknown types (RFC 9113 5.5).
inline constexpr std::uint8_t kUnknownRule = kOnConnection | kOnStream | kOnIdleStream;

// In the order of FrameType. Only the client tests kOnIdleStream: at a server, HEADERS open an idle stream.
inline constexpr std::array<std::uint8_t, 10> kFrameRules = {
    kOnStream,                                                      // DATA
    kOnStream,                                                      // HEADERS
    kPriorityBytes | kNothingElse | kOnStream | kOnIdleStream,      // PRIORITY
    kRstStreamBytes | kNothingElse | kOnStream,                     // RST_STREAM
    kOnConnection,                                                  // SETTINGS
    kOnStream,                                                      // PUSH_PROMISE
    kPingBytes | kNothingElse | kOnConnection,                      // PING
    kGoAwayBytes | kOnConnection,                                   // GOAWAY
    kWindowUpdateBytes | kNothingElse | kOnConnection | kOnStream,  // WINDOW_UPDATE
    kOnStream,                                                      // CONTINUATION
};

inline std::uint8_t rule_of(const FrameHeader& frame) {
  const auto type = static_cast<std::uint8_t>(frame.type);
  return type < kFrameRules.size() ? kFrameRules[type] : kUnknownRule;
}

// The size of the fixed part of a payload: at most kPingBytes, 0 for SETTINGS.
[[nodiscard]] inline std::uint32_t fixed_bytes(const FrameHeader& frame, std::uint8_t rule) {
  std::uint32_t size = rule & kFixedBytes;
  if (frame.type <= FrameType::Headers && has(frame, kPadded)) ++size;
  if (frame.type == FrameType::Headers && has(frame, kPriority)) size += kPriorityBytes;
  return size;
}

// RFC 9113 4.2: a frame must not exceed our SETTINGS_MAX_FRAME_SIZE or be too small for its fixed part. SETTINGS need another
// check, settings_length_valid() or that of the client.
[[nodiscard]] inline bool length_valid(const FrameHeader& frame, std::uint8_t rule, std::uint32_t fixed) {
  if (frame.length > kDefaultMaxFrameBytes) return false;
  return (rule & kNothingElse) != 0 ? frame.length == fixed : frame.length >= fixed;
}

// RFC 9113 6.5: a whole number of settings, and none in an acknowledgement.
[[nodiscard]] inline bool settings_length_valid(const FrameHeader& frame) {
  return has(frame, kAck) ? frame.length == 0 : frame.length % kSettingBytes == 0;
}

}  // namespace mote::http2
