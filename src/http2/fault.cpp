#include "http2/fault.h"

#ifndef MOTE_SMALL

#include <array>

namespace mote::http2 {

namespace {

// In the order of Fault.
constexpr std::array kCodes = {
    ErrorCode::ProtocolError,    ErrorCode::ProtocolError,   ErrorCode::FrameSizeError,   ErrorCode::ProtocolError,
    ErrorCode::ProtocolError,    ErrorCode::ProtocolError,   ErrorCode::ProtocolError,    ErrorCode::CompressionError,
    ErrorCode::EnhanceYourCalm,  ErrorCode::EnhanceYourCalm, ErrorCode::ProtocolError,    ErrorCode::FlowControlError,
    ErrorCode::ProtocolError,    ErrorCode::ProtocolError,   ErrorCode::ProtocolError,    ErrorCode::ProtocolError,
    ErrorCode::FlowControlError, ErrorCode::ProtocolError,   ErrorCode::FlowControlError, ErrorCode::ProtocolError,
    ErrorCode::ProtocolError,    ErrorCode::EnhanceYourCalm, ErrorCode::CompressionError, ErrorCode::ProtocolError,
    ErrorCode::StreamClosed,     ErrorCode::ProtocolError,   ErrorCode::ProtocolError,    ErrorCode::FlowControlError,
};

constexpr std::array<std::string_view, kCodes.size()> kReasons = {
    "not an HTTP/2 connection preface",
    "the first frame is not SETTINGS",
    "frame of a wrong size",
    "frame on a wrong stream",
    "header block interrupted",
    "CONTINUATION without a header block",
    "PUSH_PROMISE",
    "HPACK",
    "too many resets",
    "too many frames without progress",
    "padding longer than its frame",
    "DATA beyond the connection's window",
    "DATA on an idle stream",
    "RST_STREAM on an idle stream",
    "WINDOW_UPDATE on an idle stream",
    "SETTINGS_ENABLE_PUSH",
    "SETTINGS_INITIAL_WINDOW_SIZE",
    "SETTINGS_MAX_FRAME_SIZE",
    "window above 2^31-1",
    "a client's stream with an even id",
    "HEADERS on an idle stream",
    "header block in too many frames",
    "header block cut short",
    "WINDOW_UPDATE of 0",
    "HEADERS on a closed stream",
    "HEADERS on a closed stream",
    "an idle stream that depends on itself",
    "DATA beyond the stream's window",
};

consteval auto small_codes() {
  std::array<std::uint8_t, kCodes.size()> small{};
  for (std::size_t i = 0; i < small.size(); ++i)
    small[i] = static_cast<std::uint8_t>(kCodes[i]);
  return small;
}

constexpr std::array kSmallCodes = small_codes();

}  // namespace

ErrorCode code_of(Fault fault) {
  return static_cast<ErrorCode>(kSmallCodes[static_cast<std::uint8_t>(fault)]);
}

std::string_view reason_of(Fault fault) {
  return kReasons[static_cast<std::uint8_t>(fault)];
}

}  // namespace mote::http2

#endif
