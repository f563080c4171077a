// Splits the text of an address into its parts, for the addresses that the gateway listens on and the tool connects to. It does
// not resolve names and checks neither the host nor the port.
//
//   HOST:PORT, [IPV6]:PORT   TCP; the port may be missing
//   unix:PATH                a Unix socket; the same as unix:///PATH for an absolute path
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mote::text {

// The parts point into the text. A non-empty `error` names the error and the correct form; the other members are then empty.
struct Endpoint {
  std::string_view path;                 // of a Unix socket; empty for TCP
  std::string_view host;                 // without brackets
  bool brackets = false;                 // the host was in brackets
  std::optional<std::string_view> port;  // the text after the colon
  std::string_view error;
};
Endpoint split_endpoint(std::string_view text);

// A decimal number from 0 to 65535, or nothing.
std::optional<std::uint16_t> parse_port(std::string_view text);

}  // namespace mote::text
