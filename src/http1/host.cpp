#include "http1/host.h"

#include <algorithm>

#include "bytes/letter_case.h"

namespace mote::http1 {

namespace {

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

}  // namespace

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']'), host.size() - 1) + 1);
  return host.substr(0, host.find(':'));
}

// Digits and dots alone are an IPv4 address to every browser, and no top-level domain is a number.
bool is_local_host(std::string_view host) {
  const std::string_view name = without_port(host);
  const std::string_view port = host.substr(name.size());
  if (!port.empty() && (!port.starts_with(':') || !consists_of(port.substr(1), "0123456789"))) return false;
  if (host.empty() || same_host(name, "localhost") || consists_of(name, "0123456789.")) return true;
  return name.size() > 2 && name.starts_with('[') && name.ends_with(']') &&
         consists_of(name.substr(1, name.size() - 2), "0123456789abcdefABCDEF:.");
}

bool same_host(std::string_view a, std::string_view b) {
  return equal_ignoring_case(a, b);
}

bool is_origin_of(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && same_host(origin.substr(scheme.size()), host)) return true;
  }
  return false;
}

}  // namespace mote::http1
