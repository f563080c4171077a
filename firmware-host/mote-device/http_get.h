// One request of HTTP/1.1 over a port of the device client (RFC 9112).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "mote/port.h"

namespace mote::tool {

struct HttpAnswer {
  std::string_view body;   // In the room that was given.
  std::string_view error;  // Empty: the status is 200 and the body is complete.
};

// GET `path`. The connection is closed then. `error` is a constant, or the status line in `room`.
HttpAnswer http_get(const mote_port& port, std::string_view host, std::string_view path, std::uint32_t timeout_ms,
                    std::span<char> room);

}  // namespace mote::tool
