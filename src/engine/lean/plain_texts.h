// The bodies of errors for clients that do not use gRPC.
#pragma once

#include <string_view>

namespace mote::lean {

inline constexpr std::string_view kNotFoundText = "404: only gRPC services and GET / exist here\n";
inline constexpr std::string_view kHttp2NeededText = "505: gRPC needs HTTP/2\n";
inline constexpr std::string_view kWrongVerbText = "405: gRPC calls are POST requests\n";
inline constexpr std::string_view kForeignOriginText = "the Origin is that of another site\n";
inline constexpr std::string_view kForeignHostText =
    "the Host is neither a numeric address nor localhost nor one of http-host: a page of another site may have sent "
    "this\n";
inline constexpr std::string_view kWrongContentTypeText = "415: the content-type of a gRPC call is application/grpc\n";

}  // namespace mote::lean
