#include "gateway/http_settings.h"

#include <algorithm>

#include "engine/address.h"
#include "engine/concat.h"

namespace mote::gateway {
namespace {

constexpr std::string_view kGroup = "Metrics and status page";
constexpr std::string_view kOff = "off";
constexpr std::string_view kNone = "none";

std::string set_http(const Setting&, Config& config, std::string_view value) {
  config.http.clear();
  if (value == kOff) return {};
  const engine::ParsedAddress parsed = engine::parse_address(value);
  if (!parsed.address) return engine::concat({"\"", value, "\": ", parsed.error, "; or off"});
  if (parsed.address->tls) return engine::concat({"\"", value, "\": this listener has no TLS: use a proxy"});
  config.http = value;
  return {};
}

std::vector<std::string> get_http(const Setting&, const Config& config) {
  return {config.http.empty() ? std::string(kOff) : config.http};
}

// Adds the parts of a list with commas. `allowed` checks each; `what` says what it must be.
std::string add_list(std::vector<std::string>& list, std::string_view value, bool (*allowed)(std::string_view),
                     const char* what) {
  if (value == kNone) return {};
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    const std::string_view part = value.substr(begin, end - begin);
    if (!allowed(part)) return engine::concat({"\"", part, what});
    list.emplace_back(part);
    begin = end + 1;
  }
  return {};
}

template <auto List>
std::vector<std::string> get_list(const Setting&, const Config& config) {
  if ((config.*List).empty()) return {std::string(kNone)};
  return config.*List;
}

template <auto List>
void clear_list(Config& config) {
  (config.*List).clear();
}

bool is_host(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '-' || letter == '.' || letter == '_' || letter == ':';
  });
}

std::string set_hosts(const Setting&, Config& config, std::string_view value) {
  return add_list(config.http_hosts, value, is_host, "\" is not a host name, with a port or without");
}

// "http://NAME" or "https://NAME", as browsers write it: without a path.
bool is_origin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && is_host(origin.substr(scheme.size()))) return true;
  }
  return false;
}

std::string set_origins(const Setting&, Config& config, std::string_view value) {
  return add_list(config.web_origins, value, is_origin, "\" is not an origin: write http://HOST:PORT or https://HOST");
}

}  // namespace

std::vector<Setting> http_settings() {
  return {
      {.key = "http",
       .group = kGroup,
       .placeholder = "ADDRESS",
       .meaning =
           "Where metrics for Prometheus (/metrics), the status page (/) and its numbers (/stats.json) are, over "
           "HTTP/1.1 without a password: on another address than 127.0.0.1, everybody who reaches it reads them. The "
           "usual port is 9464.",
       .allowed = "HOST:PORT with a numeric IPv4 address, [IPv6]:PORT, *:PORT for all addresses, unix:PATH, or off",
       .limit = nullptr,
       .list = false,
       .set = set_http,
       .get = get_http},
      {.key = "http-host",
       .group = kGroup,
       .placeholder = "NAME",
       .meaning =
           "Under which names the listener of http is reached, besides numeric addresses and localhost. A request "
           "with another Host is refused, because a page of a foreign site may have sent it. Several names are several "
           "lines, or one line with commas.",
       .allowed = "a host name, with a port or without, or none",
       .limit = nullptr,
       .list = true,
       .set = set_hosts,
       .get = get_list<&Config::http_hosts>,
       .clear = clear_list<&Config::http_hosts>},
      {.key = "web-origin",
       .group = kGroup,
       .placeholder = "ORIGIN",
       .meaning =
           "Pages of these origins, and the status page, may make gRPC-Web calls on the listener of http. Without one, "
           "nobody "
           "may. A request of another origin is refused before a handler runs. Several origins are several lines, or "
           "one line with commas.",
       .allowed = "http://HOST:PORT or https://HOST as a browser writes it, or none",
       .limit = nullptr,
       .list = true,
       .set = set_origins,
       .get = get_list<&Config::web_origins>,
       .clear = clear_list<&Config::web_origins>},
  };
}

}  // namespace mote::gateway
