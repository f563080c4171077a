// How a status travels: the value of grpc-status, and what stands for it where a response has none.
#pragma once

#include <cstdint>
#include <string_view>

#include "http2/constants.h"
#include "mote/status_code.h"

namespace mote::grpc_http2 {

// The value of grpc-status: "0" to "16", one or two digits. Anything else is Unknown.
[[nodiscard]] StatusCode parse_status(std::string_view value);

// For a client whose response has no grpc-status: what its :status says (http-grpc-status-mapping.md).
[[nodiscard]] StatusCode status_of_http(std::uint16_t http_status);

// For a client whose stream was reset: what the code of RST_STREAM says (PROTOCOL-HTTP2.md, "Errors").
[[nodiscard]] StatusCode status_of_reset(http2::ErrorCode error);

}  // namespace mote::grpc_http2
