// The two formats of gRPC-Web, by content type: binary, and text, which is the same in base64.
#pragma once

#include <cstdint>
#include <string_view>

namespace mote::grpc_web {

enum class Format : std::uint8_t {
  None,  // Not gRPC-Web, or messages that are not protobuf.
  Binary,
  Text,
};

[[nodiscard]] Format format_of(std::string_view content_type);

// Of a reply in Binary or Text.
[[nodiscard]] constexpr std::string_view content_type(Format format) {
  return format == Format::Text ? "application/grpc-web-text+proto" : "application/grpc-web+proto";
}

}  // namespace mote::grpc_web
