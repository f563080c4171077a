#include "mote-device/target.h"

#include "text/endpoint.h"

namespace mote::tool {
namespace {

constexpr std::string_view kDns = "dns:///";
constexpr std::uint16_t kDefaultPort = 50051;
// RFC 1035 2.3.4.
constexpr std::size_t kLongestHost = 253;

ParsedTarget wrong(std::string_view error) {
  return {.target = {}, .error = error};
}

}  // namespace

ParsedTarget parse_target(std::string_view address) {
  if (address.starts_with(kDns)) address.remove_prefix(kDns.size());
  const text::Endpoint endpoint = text::split_endpoint(address);
  if (!endpoint.error.empty()) return wrong(endpoint.error);
  if (!endpoint.path.empty()) return {.target = {.host = {}, .port = 0, .path = endpoint.path}, .error = {}};
  const std::uint16_t port = endpoint.port ? text::parse_port(*endpoint.port).value_or(0) : kDefaultPort;
  if (port == 0) return wrong("the port is not a number from 1 to 65535");
  if (endpoint.host.empty()) return wrong("the host is missing: write HOST:PORT");
  if (endpoint.host.size() > kLongestHost) return wrong("the host is longer than 253 characters");
  return {.target = {.host = endpoint.host, .port = port, .path = {}}, .error = {}};
}

}  // namespace mote::tool
