#include "gateway/http_settings.h"

#include <algorithm>

#include "engine/address.h"

namespace mote::gateway {
namespace {

constexpr std::string_view kGroup = "Metrics and status page";
constexpr std::string_view kOff = "off";
constexpr std::string_view kNone = "none";

std::string set_http(const Setting&, Config& config, std::string_view value) {
  config.http.clear();
  if (value == kOff) return {};
  const engine::ParsedAddress parsed = engine::parse_address(value);
  if (!parsed.address) return '"' + std::string(value) + "\": " + std::string(parsed.error) + "; or off";
  if (parsed.address->tls) return '"' + std::string(value) + "\": this listener has no TLS: use a proxy";
  config.http = value;
  return {};
}

std::vector<std::string> get_http(const Setting&, const Config& config) {
  return {config.http.empty() ? std::string(kOff) : config.http};
}

bool is_host(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '-' || letter == '.' || letter == '_' || letter == ':';
  });
}

std::string set_hosts(const Setting&, Config& config, std::string_view value) {
  if (value == kNone) return {};
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    const std::string_view name = value.substr(begin, end - begin);
    if (!is_host(name)) return '"' + std::string(name) + "\" is not a host name, with a port or without";
    config.http_hosts.emplace_back(name);
    begin = end + 1;
  }
  return {};
}

std::vector<std::string> get_hosts(const Setting&, const Config& config) {
  if (config.http_hosts.empty()) return {std::string(kNone)};
  return config.http_hosts;
}

void clear_hosts(Config& config) {
  config.http_hosts.clear();
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
       .get = get_hosts,
       .clear = clear_hosts},
  };
}

}  // namespace mote::gateway
