#include "gateway/tls_settings.h"

#include <algorithm>

#include "gateway/path_setting.h"
#include "tls/names.h"
#include "tls/suites.h"

namespace mote::gateway {
namespace {

constexpr std::string_view kGroup = "TLS";

bool is_pattern(std::string_view name) {
  return tls::is_name(name.starts_with("*.") ? name.substr(2) : name);
}

std::string set_allow(const Setting&, Config& config, std::string_view value) {
  if (value == kNone) return {};
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    const std::string_view name = value.substr(begin, end - begin);
    if (!is_pattern(name))
      return '"' + std::string(name) + "\" is not a DNS name, with * for the first label or without";
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

std::string suite_names() {
  std::string names;
  for (const tls::Suite& suite : tls::suites())
    names.append(names.empty() ? "" : ", ").append(suite.name);
  return names;
}

std::string set_suites(const Setting&, Config& config, std::string_view value) {
  if (value == kNone) return {};
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    std::string name(value.substr(begin, end - begin));
    if (tls::suite_id(name) == 0) return '"' + name + "\" is none of the cipher suites " + suite_names();
    if (std::find(config.tls_suites.begin(), config.tls_suites.end(), name) == config.tls_suites.end())
      config.tls_suites.push_back(std::move(name));
    begin = end + 1;
  }
  return {};
}

std::vector<std::string> get_suites(const Setting&, const Config& config) {
  if (config.tls_suites.empty()) return {std::string(kNone)};
  return config.tls_suites;
}

void clear_suites(Config& config) {
  config.tls_suites.clear();
}

}  // namespace

std::vector<Setting> tls_settings() {
  return {
      path_setting<&Config::tls_certificate>(
          kGroup, "tls-certificate",
          "The certificate of listeners with tls:, in PEM; intermediate certificates follow it. "
          "Its key is ECDSA on P-256. ./dev certs makes one for tests."),
      path_setting<&Config::tls_key>(
          kGroup, "tls-key",
          "The key of tls-certificate, in PEM, without a password. Only its owner and a group may read it."),
      path_setting<&Config::tls_client_ca>(
          kGroup, "tls-client-ca",
          "Clients must have a certificate that one of the authorities in this PEM file signed."),
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
      path_setting<&Config::tls_psk_file>(
          kGroup, "tls-psk-file",
          "Pre-shared keys of clients without certificates: lines \"NAME KEY\" with 16 to 32 random bytes in "
          "hexadecimal "
          "digits. NAME is their name in rules of allow. Only its owner and a group may read the file."),
      {.key = "tls-min-version",
       .group = kGroup,
       .placeholder = "VERSION",
       .meaning = "The oldest version of TLS that clients may use.",
       .allowed = "1.2 or 1.3",
       .limit = nullptr,
       .list = false,
       .set = set_min_version,
       .get = get_min_version},
      {.key = "tls-suites",
       .group = kGroup,
       .placeholder = "NAME",
       .meaning =
           "The cipher suites that clients may use, the preferred one first. Several names are several lines, or one "
           "line with commas. Suites with PSK need tls-psk-file.",
       .allowed = "a suite of docs/tls.md, or none for those that are fast on this processor",
       .limit = nullptr,
       .list = true,
       .set = set_suites,
       .get = get_suites,
       .clear = clear_suites},
  };
}

}  // namespace mote::gateway
