#include "engine/lean/web_sites.h"

#include <algorithm>

#include "http1/host.h"

namespace mote::lean {

bool WebSites::knows_host(std::string_view host) const {
  if (http1::is_local_host(host)) return true;
  return std::ranges::any_of(hosts, [host](const std::string& known) {
    return http1::same_host(known, host) || http1::same_host(known, http1::without_port(host));
  });
}

bool WebSites::allows(std::string_view origin) const {
  return origin.empty() || std::ranges::find(origins, origin) != origins.end();
}

}  // namespace mote::lean
