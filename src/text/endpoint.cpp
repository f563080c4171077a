#include "text/endpoint.h"

#include <charconv>
#include <cstddef>
#include <iterator>

namespace mote::text {
namespace {

constexpr std::string_view kUnix = "unix:";
// sun_path without its terminator.
constexpr std::size_t kLongestPath = 107;

Endpoint wrong(std::string_view error) {
  Endpoint endpoint;
  endpoint.error = error;
  return endpoint;
}

// The text without its first `size` characters. substr() would need the C++ library, which the tool does not link.
std::string_view without_prefix(std::string_view text, std::size_t size) {
  text.remove_prefix(size);
  return text;
}

Endpoint split_unix(std::string_view path) {
  if (path.starts_with("///")) path.remove_prefix(2);
  if (path.empty()) return wrong("the path is missing: write unix:PATH");
  if (path.find('\0') != std::string_view::npos) return wrong("the path contains a zero byte");
  if (path.size() > kLongestPath) return wrong("the path is longer than 107 bytes");
  Endpoint endpoint;
  endpoint.path = path;
  return endpoint;
}

// `rest` follows the host: a colon and the port, or nothing.
Endpoint split_tcp(std::string_view host, bool brackets, std::string_view rest) {
  Endpoint endpoint;
  endpoint.host = host;
  endpoint.brackets = brackets;
  if (!rest.empty()) endpoint.port = without_prefix(rest, 1);
  return endpoint;
}

}  // namespace

Endpoint split_endpoint(std::string_view text) {
  constexpr std::string_view kBrackets = "write an IPv6 address in brackets: [::1]:50051";
  if (text.starts_with(kUnix)) return split_unix(without_prefix(text, kUnix.size()));
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || (end + 1 != text.size() && text[end + 1] != ':')) return wrong(kBrackets);
    return split_tcp({std::next(text.data()), end - 1}, true, without_prefix(text, end + 1));
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return split_tcp(text, false, {});
  if (text.find(':', colon + 1) != std::string_view::npos) return wrong(kBrackets);
  return split_tcp({text.data(), colon}, false, without_prefix(text, colon));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return port;
}

}  // namespace mote::text
