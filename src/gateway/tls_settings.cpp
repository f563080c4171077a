#include "gateway/tls_settings.h"

#include <algorithm>

namespace mote::gateway {
namespace {

constexpr std::string_view kGroup = "TLS";
constexpr std::string_view kNone = "none";

template <auto Field>
std::string set_path(const Setting&, Config& config, std::string_view value) {
  config.*Field = value == kNone ? std::string() : std::string(value);
  return {};
}

template <auto Field>
std::vector<std::string> get_path(const Setting&, const Config& config) {
  return {(config.*Field).empty() ? std::string(kNone) : config.*Field};
}

template <auto Field>
Setting path(std::string_view key, std::string_view meaning) {
  return {.key = key,
          .group = kGroup,
          .placeholder = "FILE",
          .meaning = meaning,
          .allowed = "a path, or none",
          .limit = nullptr,
          .list = false,
          .set = set_path<Field>,
          .get = get_path<Field>};
}

bool is_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '-' || letter == '.' || letter == '_';
  });
}

std::string set_allow(const Setting&, Config& config, std::string_view value) {
  if (value == kNone) return {};
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    const std::string_view name = value.substr(begin, end - begin);
    if (!is_name(name)) return '"' + std::string(name) + "\" is not a DNS name, with * for the first label or without";
    config.tls_allow.emplace_back(name);
    begin = end + 1;
  }
  return {};
}

std::vector<std::string> get_allow(const Setting&, const Config& config) {
  if (config.tls_allow.empty()) return {std::string(kNone)};
  return config.tls_allow;
}

void clear_allow(Config& config) {
  config.tls_allow.clear();
}

std::string set_min_version(const Setting&, Config& config, std::string_view value) {
  if (value != "1.2" && value != "1.3") return '"' + std::string(value) + "\" is not a version: write 1.2 or 1.3";
  config.tls_min_version = value == "1.3" ? tls::Version::Tls13 : tls::Version::Tls12;
  return {};
}

std::vector<std::string> get_min_version(const Setting&, const Config& config) {
  return {config.tls_min_version == tls::Version::Tls13 ? "1.3" : "1.2"};
}

}  // namespace

std::vector<Setting> tls_settings() {
  return {
      path<&Config::tls_certificate>(
          "tls-certificate",
          "The certificate of listeners with tls:, in PEM; intermediate certificates follow it. "
          "Its key is ECDSA on P-256. ./dev certs makes one for tests."),
      path<&Config::tls_key>(
          "tls-key", "The key of tls-certificate, in PEM, without a password. Only its owner and a group may read it."),
      path<&Config::tls_client_ca>(
          "tls-client-ca", "Clients must have a certificate that one of the authorities in this PEM file signed."),
      {.key = "tls-allow",
       .group = kGroup,
       .placeholder = "NAME",
       .meaning =
           "Clients must have this name in their certificate (subject alternative name). Several names are several "
           "lines, or one line with commas. Needs tls-client-ca.",
       .allowed = "a DNS name, * for its first label, or none for every name",
       .limit = nullptr,
       .list = true,
       .set = set_allow,
       .get = get_allow,
       .clear = clear_allow},
      {.key = "tls-min-version",
       .group = kGroup,
       .placeholder = "VERSION",
       .meaning = "The oldest version of TLS that clients may use.",
       .allowed = "1.2 or 1.3",
       .limit = nullptr,
       .list = false,
       .set = set_min_version,
       .get = get_min_version},
  };
}

}  // namespace mote::gateway
