// Parses the address of a server: a host and a port, or a Unix socket. It does not resolve names.
//
//   gateway.local:50051  127.0.0.1:50051   a name or an IPv4 address
//   [::1]:50051                            an IPv6 address, in brackets
//   unix:/run/mote.sock                    a Unix socket; the same as unix:///run/mote.sock
//
// The default port is 50051. dns:///HOST:PORT, which gRPC clients use, is the same as HOST:PORT.
#pragma once

#include <cstdint>
#include <string_view>

namespace mote::tool {

struct Target {
  std::string_view host;  // without brackets; empty for a Unix socket
  std::uint16_t port = 0;
  std::string_view path;  // the path of a Unix socket
};

// Either a target, whose parts point into `address`, or a non-empty error that also names the correct form.
struct ParsedTarget {
  Target target;
  std::string_view error;
};
ParsedTarget parse_target(std::string_view address);

}  // namespace mote::tool
