// Which hosts and origins a server of a local network trusts. A page of a foreign site can make a browser send requests to a local
// address: under the name of that site, after it has changed its DNS entry (DNS rebinding), or from its own origin. The first has
// a foreign Host, the second a foreign Origin (RFC 6454 7).
#pragma once

#include <string_view>

namespace mote::http1 {

// "name" of "name:80", "[::1]" of "[::1]:80".
[[nodiscard]] std::string_view without_port(std::string_view host);

// A numeric IPv4 or IPv6 address, or localhost, with a port or without: no DNS entry leads there. HTTP/1.0 needs no Host, so an
// empty one is local too.
[[nodiscard]] bool is_local_host(std::string_view host);

// Whether two hosts are the same; letters count without case. Ports count.
[[nodiscard]] bool same_host(std::string_view a, std::string_view b);

// Whether an Origin is that of `host`: "http://HOST", or "https://HOST" behind a proxy with TLS.
[[nodiscard]] bool is_origin_of(std::string_view origin, std::string_view host);

}  // namespace mote::http1
