// What the gateway says to those who do not speak gRPC.
#pragma once

#include <string_view>

namespace mote::lean {

// GET /, so that a person with curl or a browser is not left in the dark.
inline constexpr std::string_view kPage =
    "This is mote-gateway, a gRPC server.\n"
    "\n"
    "It speaks gRPC over HTTP/2 without TLS (h2c) and serves the services echo.Echo\n"
    "and grpc.health.v1.Health. Call it with a gRPC client:\n"
    "\n"
    "  echo.Echo/Reply {message: \"hello\"}  ->  {message: \"You said: hello\"}\n";

inline constexpr std::string_view kNotFoundText = "404: there is nothing here but gRPC services and GET /\n";
inline constexpr std::string_view kHttp2NeededText = "505: gRPC needs HTTP/2\n";
inline constexpr std::string_view kWrongVerbText = "405: gRPC calls are POST requests\n";
inline constexpr std::string_view kWrongContentTypeText = "415: the content-type of a gRPC call is application/grpc\n";

}  // namespace mote::lean
