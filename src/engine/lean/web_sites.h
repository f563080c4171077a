// Which pages of other sites may make gRPC-Web calls, and under which names this server is reached (http1/host.h).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mote::lean {

struct WebSites {
  std::span<const std::string> hosts;    // Names that a Host may have, besides numeric addresses and localhost.
  std::span<const std::string> origins;  // Whose pages may make calls; empty: nobody may.

  [[nodiscard]] bool on() const { return !origins.empty(); }
  [[nodiscard]] bool knows_host(std::string_view host) const;
  // One of `origins`. Clients that are no browsers send no Origin.
  [[nodiscard]] bool allows(std::string_view origin) const;
};

}  // namespace mote::lean
