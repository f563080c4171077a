// The constants of HTTP/2 (RFC 9113).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mote::http2 {

// 31 bits. 0 is the connection. Clients open odd streams, servers even ones (RFC 9113 5.1.1).
using StreamId = std::uint32_t;

inline constexpr StreamId kMaxStreamId = 0x7fffffff;

// The first bytes of a client, before its SETTINGS (RFC 9113 3.4).
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline constexpr std::size_t kFrameHeaderBytes = 9;  // RFC 9113 4.1

// The values in force until SETTINGS of the peer change them, and the limits of the ranges (RFC 9113 6.5.2).
inline constexpr std::uint32_t kDefaultHeaderTableBytes = 4096;
inline constexpr std::uint32_t kDefaultWindowBytes = 65535;
inline constexpr std::uint32_t kMaxWindowBytes = 0x7fffffff;  // RFC 9113 6.9.1
inline constexpr std::uint32_t kDefaultMaxFrameBytes = 16384;
inline constexpr std::uint32_t kMaxMaxFrameBytes = 16777215;

// RFC 9113 6. Frames of other types are ignored (RFC 9113 5.5).
enum class FrameType : std::uint8_t {
  Data = 0x0,
  Headers = 0x1,
  Priority = 0x2,
  RstStream = 0x3,
  Settings = 0x4,
  PushPromise = 0x5,
  Ping = 0x6,
  GoAway = 0x7,
  WindowUpdate = 0x8,
  Continuation = 0x9,
};

// Frame flags. They apply only to the frames in the comment; on other frames the bit is ignored (RFC 9113 4.1).
inline constexpr std::uint8_t kEndStream = 0x01;   // DATA, HEADERS
inline constexpr std::uint8_t kAck = 0x01;         // SETTINGS, PING
inline constexpr std::uint8_t kEndHeaders = 0x04;  // HEADERS, PUSH_PROMISE, CONTINUATION
inline constexpr std::uint8_t kPadded = 0x08;      // DATA, HEADERS, PUSH_PROMISE
inline constexpr std::uint8_t kPriority = 0x20;    // HEADERS

// RFC 9113 7, for RST_STREAM and GOAWAY. A peer may send other values, which count as InternalError.
enum class ErrorCode : std::uint32_t {
  NoError = 0x0,
  ProtocolError = 0x1,
  InternalError = 0x2,
  FlowControlError = 0x3,
  SettingsTimeout = 0x4,
  StreamClosed = 0x5,
  FrameSizeError = 0x6,
  RefusedStream = 0x7,
  Cancel = 0x8,
  CompressionError = 0x9,
  ConnectError = 0xa,
  EnhanceYourCalm = 0xb,
  InadequateSecurity = 0xc,
  Http11Required = 0xd,
};

// The name in RFC 9113 7, such as "ENHANCE_YOUR_CALM"; "UNKNOWN_ERROR" for an unknown code.
[[nodiscard]] std::string_view name(ErrorCode code);

// RFC 9113 6.5.2. Other settings are ignored.
enum class SettingId : std::uint16_t {
  HeaderTableSize = 0x1,
  EnablePush = 0x2,
  MaxConcurrentStreams = 0x3,
  InitialWindowSize = 0x4,
  MaxFrameSize = 0x5,
  MaxHeaderListSize = 0x6,
};

}  // namespace mote::http2
