// How a call ended, in gRPC's terms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/status.h"

namespace mote::rpc {

using wire::StatusCode;

// What a peer gets of a status message, in bytes: clients refuse metadata of more than 8 KiB, and percent-encoding takes
// three bytes for one.
inline constexpr std::size_t kStatusMessageBytes = 1024;

// `message` is UTF-8 for a person; whoever takes a Status copies it before returning.
struct Status {
  StatusCode code = StatusCode::Ok;
  std::string_view message = {};

  [[nodiscard]] bool ok() const { return code == StatusCode::Ok; }
};

// As much of a message as is sent: no more than kStatusMessageBytes, and no half of a character at the end.
[[nodiscard]] std::string_view sent_message(std::string_view message);

// The code of that number, such as a peer may name in a message: none there is gets Unknown.
[[nodiscard]] constexpr StatusCode status_code(std::int64_t number) {
  constexpr auto kLast = static_cast<std::int64_t>(StatusCode::Unauthenticated);
  return number >= 0 && number <= kLast ? static_cast<StatusCode>(number) : StatusCode::Unknown;
}

}  // namespace mote::rpc
