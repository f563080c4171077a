#include "wire/status.h"

#include <array>

namespace mote::wire {

namespace {

constexpr std::array<std::string_view, 17> kStatusNames = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string_view name(StatusCode code) {
  const auto index = static_cast<std::uint8_t>(code);
  return index < kStatusNames.size() ? kStatusNames[index] : "UNKNOWN";
}

StatusCode parse_status(std::string_view value) {
  if (value.empty() || value.size() > 2) return StatusCode::Unknown;
  if (value.size() == 2 && value[0] == '0') return StatusCode::Unknown;
  unsigned code = 0;
  for (char c : value) {
    if (!is_digit(c)) return StatusCode::Unknown;
    code = code * 10 + static_cast<unsigned>(c - '0');
  }
  return code < kStatusNames.size() ? static_cast<StatusCode>(code) : StatusCode::Unknown;
}

StatusCode status_of_http(std::uint16_t http_status) {
  switch (http_status) {
    case 400:
    case 431:
      return StatusCode::Internal;
    case 401:
      return StatusCode::Unauthenticated;
    case 403:
      return StatusCode::PermissionDenied;
    case 404:
      return StatusCode::Unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return StatusCode::Unavailable;
    default:
      return StatusCode::Unknown;
  }
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
