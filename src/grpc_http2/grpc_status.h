// The value of grpc-status, and the status of a response that has none. The engine sends it in trailers or Trailers-Only
// (engine/lean/stream_call_send.cpp).
#pragma once

#include <cstdint>
#include <string_view>

#include "http2/constants.h"
#include "mote/status_code.h"

namespace mote::grpc_http2 {

// The value of grpc-status: "0" to "16", one or two digits. Unknown for any other text.
[[nodiscard]] StatusCode parse_status(std::string_view value);

// The status for the :status of a response without grpc-status, at a client (http-grpc-status-mapping.md).
[[nodiscard]] StatusCode status_of_http(std::uint16_t http_status);

// The status for the code of RST_STREAM, at a client (PROTOCOL-HTTP2.md, "Errors").
[[nodiscard]] StatusCode status_of_reset(http2::ErrorCode error);

}  // namespace mote::grpc_http2
