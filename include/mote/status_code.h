// The status codes of gRPC (statuscodes.md). They are the result of a call and the error type of every layer above HTTP/2.
#pragma once

#include <cstdint>
#include <string_view>

namespace mote {

// The code of a status. statuscodes.md of gRPC documents their use.
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

// The name of the code in the specification, such as "DEADLINE_EXCEEDED".
[[nodiscard]] std::string_view name(StatusCode code);

}  // namespace mote
