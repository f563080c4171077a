// What is to be called, as text: a host and a port, or a Unix socket. Nothing here looks up names.
//
//   gateway.local:50051  127.0.0.1:50051   a name or an IPv4 address
//   [::1]:50051                            an IPv6 address, in brackets
//   unix:/run/mote.sock                    a Unix socket; unix:///run/mote.sock, gRPC's other spelling, means the same
//
// Where :PORT is left out it is 50051. dns:///HOST:PORT, which gRPC's clients take, is HOST:PORT.
#pragma once

#include <cstdint>
#include <string_view>

namespace mote::tool {

struct Target {
  std::string_view host;  // without brackets; empty for a Unix socket
  std::uint16_t port = 0;
  std::string_view path;  // of a Unix socket
};

// Either a target, whose parts lie in `text`, or (error not empty) what is wrong with it and what to write instead.
struct ParsedTarget {
  Target target;
  std::string_view error;
};
ParsedTarget parse_target(std::string_view text);

}  // namespace mote::tool
