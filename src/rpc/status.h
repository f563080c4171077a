// How a call ended, in gRPC's terms.
#pragma once

#include <string_view>

#include "wire/status.h"

namespace mote::rpc {

using wire::StatusCode;

// `message` is UTF-8 for a person; whoever takes a Status copies it before returning.
struct Status {
  StatusCode code = StatusCode::Ok;
  std::string_view message = {};

  [[nodiscard]] bool ok() const { return code == StatusCode::Ok; }
};

}  // namespace mote::rpc
