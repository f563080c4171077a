#include "mote-device/target.h"

#include <charconv>
#include <iterator>

namespace mote::tool {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kDns = "dns:///";
constexpr std::uint16_t kDefaultPort = 50051;
// RFC 1035 2.3.4.
constexpr std::size_t kLongestHost = 253;
// sun_path without its terminator.
constexpr std::size_t kLongestPath = 107;

ParsedTarget wrong(std::string_view error) {
  return {.target = {}, .error = error};
}

// Removes the first `size` characters.
std::string_view behind(std::string_view text, std::size_t size) {
  text.remove_prefix(size);
  return text;
}

ParsedTarget parse_unix(std::string_view path) {
  if (path.starts_with("///")) path.remove_prefix(2);
  if (path.empty()) return wrong("the path is missing: write unix:PATH");
  if (path.size() > kLongestPath) return wrong("the path is longer than 107 bytes");
  return {.target = {.host = {}, .port = 0, .path = path}, .error = {}};
}

// Returns 0 for an invalid port.
std::uint16_t parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && stop == end ? port : std::uint16_t{0};
}

ParsedTarget parse_tcp(std::string_view host, std::string_view port_text) {
  const std::uint16_t port = port_text.empty() ? kDefaultPort : parse_port(behind(port_text, 1));
  if (port == 0) return wrong("the port is not a number from 1 to 65535");
  if (host.empty()) return wrong("the host is missing: write HOST:PORT");
  if (host.size() > kLongestHost) return wrong("the host is longer than 253 characters");
  return {.target = {.host = host, .port = port, .path = {}}, .error = {}};
}

}  // namespace

ParsedTarget parse_target(std::string_view text) {
  if (text.starts_with(kUnix)) return parse_unix(behind(text, kUnix.size()));
  if (text.starts_with(kDns)) text.remove_prefix(kDns.size());
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || (end + 1 != text.size() && text[end + 1] != ':'))
      return wrong("write an IPv6 address like this: [::1]:50051");
    return parse_tcp({std::next(text.data()), end - 1}, behind(text, end + 1));
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return parse_tcp(text, {});
  if (text.find(':', colon + 1) != std::string_view::npos)
    return wrong("write an IPv6 address in brackets: [::1]:50051");
  return parse_tcp({text.data(), colon}, behind(text, colon));
}

}  // namespace mote::tool
