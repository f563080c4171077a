// The media type of gRPC (PROTOCOL-HTTP2.md, "Content-Type"; RFC 9110 8.3.1).
#pragma once

#include <string_view>

namespace mote::grpc_http2 {

// True for "application/grpc" in upper or lower case, alone or followed by "+" and a format, or by ";" and parameters with
// optional whitespace before.
[[nodiscard]] bool is_grpc_content_type(std::string_view value);

}  // namespace mote::grpc_http2
