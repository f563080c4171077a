#include "gateway/http_settings.h"

#include <algorithm>

#include "engine/address.h"
#include "engine/concat.h"
#include "gateway/text_settings.h"

namespace mote::gateway {
namespace {

constexpr std::string_view kGroup = "Metrics and status page";
constexpr std::string_view kOff = "off";

std::string set_http(const Setting&, Config& config, std::string_view value) {
  config.http.clear();
  if (value == kOff) return {};
  const engine::ParsedAddress parsed = engine::parse_address(value);
  if (!parsed.address) return engine::concat({"\"", value, "\": ", parsed.error, "; or off"});
  if (parsed.address->tls) return wrong(value, ": this listener has no TLS: use a proxy");
  config.http = value;
  return {};
}

std::vector<std::string> get_http(const Setting&, const Config& config) {
  return {config.http.empty() ? std::string(kOff) : config.http};
}

bool is_host(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '-' || letter == '.' || letter == '_' || letter == ':';
  });
}

std::string host_fault(std::string_view name) {
  if (is_host(name)) return {};
  return wrong(name, " is not a host name, with a port or without");
}

// "http://NAME" or "https://NAME", as browsers write it: without a path.
bool is_origin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && is_host(origin.substr(scheme.size()))) return true;
  }
  return false;
}

std::string origin_fault(std::string_view origin) {
  if (is_origin(origin)) return {};
  return wrong(origin, " is not an origin: write http://HOST:PORT or https://HOST");
}

}  // namespace

void add_http_settings(std::vector<Setting>& all) {
  all.push_back(
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
       .get = get_http});
  all.push_back(list_setting(
      {.group = kGroup,
       .key = "http-host",
       .placeholder = "NAME",
       .meaning = "Under which names the listener of http is reached, and by gRPC-Web those with TLS, besides numeric "
                  "addresses and localhost. A request with another Host is refused, because a page of a foreign site "
                  "may have sent it. Several names are several lines, or one line with commas.",
       .allowed = "a host name, with a port or without, or none"},
      &Config::http_hosts, host_fault));
  all.push_back(list_setting(
      {.group = kGroup,
       .key = "web-origin",
       .placeholder = "ORIGIN",
       .meaning = "Pages of these origins may make gRPC-Web calls on listeners with TLS and on that of http, where the "
                  "status page may too. Without one, nobody may. A request of another origin is refused before a "
                  "handler runs. Several origins are several lines, or one line with commas.",
       .allowed = "http://HOST:PORT or https://HOST as a browser writes it, or none"},
      &Config::web_origins, origin_fault));
}

}  // namespace mote::gateway
