#include "grpc_http2/grpc_status.h"

#include <array>

#include "bytes/decimal.h"

namespace mote::grpc_http2 {

namespace {

constexpr unsigned kStatusCodes = 17;

// The code for a :status (http-grpc-status-mapping.md), both in one number: the status in the upper bits.
constexpr unsigned kCodeBits = 5;

constexpr std::uint16_t meaning(unsigned http_status, StatusCode code) {
  return static_cast<std::uint16_t>(http_status << kCodeBits | static_cast<unsigned>(code));
}

constexpr std::array<std::uint16_t, 9> kMeanings = {
    meaning(400, StatusCode::Internal),         meaning(401, StatusCode::Unauthenticated),
    meaning(403, StatusCode::PermissionDenied), meaning(404, StatusCode::Unimplemented),
    meaning(429, StatusCode::Unavailable),      meaning(431, StatusCode::Internal),
    meaning(502, StatusCode::Unavailable),      meaning(503, StatusCode::Unavailable),
    meaning(504, StatusCode::Unavailable),
};

}  // namespace

StatusCode parse_status(std::string_view value) {
  if (value.empty() || value.size() > 2) return StatusCode::Unknown;
  if (value.size() == 2 && value[0] == '0') return StatusCode::Unknown;
  const auto code = static_cast<unsigned>(decimal(value));
  return code < kStatusCodes ? static_cast<StatusCode>(code) : StatusCode::Unknown;
}

StatusCode status_of_http(std::uint16_t http_status) {
  for (const unsigned known : kMeanings) {
    if (known >> kCodeBits == http_status) return static_cast<StatusCode>(known & ((1U << kCodeBits) - 1));
  }
  return StatusCode::Unknown;
}

StatusCode status_of_reset(http2::ErrorCode error) {
  switch (error) {
    case http2::ErrorCode::RefusedStream:
      return StatusCode::Unavailable;
    case http2::ErrorCode::Cancel:
      return StatusCode::Cancelled;
    case http2::ErrorCode::EnhanceYourCalm:
      return StatusCode::ResourceExhausted;
    case http2::ErrorCode::InadequateSecurity:
      return StatusCode::PermissionDenied;
    case http2::ErrorCode::NoError:
    case http2::ErrorCode::ProtocolError:
    case http2::ErrorCode::InternalError:
    case http2::ErrorCode::FlowControlError:
    case http2::ErrorCode::SettingsTimeout:
    case http2::ErrorCode::StreamClosed:
    case http2::ErrorCode::FrameSizeError:
    case http2::ErrorCode::CompressionError:
    case http2::ErrorCode::ConnectError:
    case http2::ErrorCode::Http11Required:
      break;
  }
  return StatusCode::Internal;
}

}  // namespace mote::grpc_http2
