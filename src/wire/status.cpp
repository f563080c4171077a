#include "wire/status.h"

#include <array>

#include "wire/decimal.h"

namespace mote::wire {

namespace {

constexpr std::array<std::string_view, 17> kStatusNames = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

// What a :status says (http-grpc-status-mapping.md), both in one number: the status above the code.
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

std::string_view name(StatusCode code) {
  const auto index = static_cast<std::uint8_t>(code);
  return index < kStatusNames.size() ? kStatusNames[index] : "UNKNOWN";
}

StatusCode parse_status(std::string_view value) {
  if (value.empty() || value.size() > 2) return StatusCode::Unknown;
  if (value.size() == 2 && value[0] == '0') return StatusCode::Unknown;
  const auto code = static_cast<unsigned>(decimal(value));
  return code < kStatusNames.size() ? static_cast<StatusCode>(code) : StatusCode::Unknown;
}

StatusCode status_of_http(std::uint16_t http_status) {
  for (const unsigned known : kMeanings) {
    if (known >> kCodeBits == http_status) return static_cast<StatusCode>(known & ((1U << kCodeBits) - 1));
  }
  return StatusCode::Unknown;
}

StatusCode status_of_reset(ErrorCode error) {
  switch (error) {
    case ErrorCode::RefusedStream:
      return StatusCode::Unavailable;
    case ErrorCode::Cancel:
      return StatusCode::Cancelled;
    case ErrorCode::EnhanceYourCalm:
      return StatusCode::ResourceExhausted;
    case ErrorCode::InadequateSecurity:
      return StatusCode::PermissionDenied;
    case ErrorCode::NoError:
    case ErrorCode::ProtocolError:
    case ErrorCode::InternalError:
    case ErrorCode::FlowControlError:
    case ErrorCode::SettingsTimeout:
    case ErrorCode::StreamClosed:
    case ErrorCode::FrameSizeError:
    case ErrorCode::CompressionError:
    case ErrorCode::ConnectError:
    case ErrorCode::Http11Required:
      break;
  }
  return StatusCode::Internal;
}

}  // namespace mote::wire
