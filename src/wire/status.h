// gRPC's status codes (statuscodes.md): how a call ended, and the error type of everything above HTTP/2.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/http2.h"

namespace mote::wire {

enum class StatusCode : std::uint8_t {
  Ok = 0,
  Cancelled = 1,
  Unknown = 2,
  InvalidArgument = 3,
  DeadlineExceeded = 4,
  NotFound = 5,
  AlreadyExists = 6,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  FailedPrecondition = 9,
  Aborted = 10,
  OutOfRange = 11,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  DataLoss = 15,
  Unauthenticated = 16,
};

// As the specification spells it: "DEADLINE_EXCEEDED".
[[nodiscard]] std::string_view name(StatusCode code);

// The value of grpc-status: "0" to "16", one or two digits. Anything else is Unknown.
[[nodiscard]] StatusCode parse_status(std::string_view value);

// For a client whose response has no grpc-status: what its :status says (http-grpc-status-mapping.md).
[[nodiscard]] StatusCode status_of_http(std::uint16_t http_status);

// For a client whose stream was reset: what the code of RST_STREAM says (PROTOCOL-HTTP2.md, "Errors").
[[nodiscard]] StatusCode status_of_reset(ErrorCode error);

}  // namespace mote::wire
