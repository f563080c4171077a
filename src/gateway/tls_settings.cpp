#include "gateway/tls_settings.h"

#include "gateway/text_settings.h"
#include "tls/names.h"
#include "tls/suites.h"

namespace mote::gateway {
namespace {

constexpr std::string_view kGroup = "TLS";

bool is_pattern(std::string_view name) {
  return tls::is_name(name.starts_with("*.") ? name.substr(2) : name);
}

std::string name_fault(std::string_view name) {
  if (is_pattern(name)) return {};
  return wrong(name, " is not a DNS name, with * for the first label or without");
}

std::string set_min_version(const Setting&, Config& config, std::string_view value) {
  if (value != "1.2" && value != "1.3") return wrong(value, " is not a version: write 1.2 or 1.3");
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

std::string suite_fault(std::string_view name) {
  if (tls::suite_id(name) != 0) return {};
  return wrong(name, " is none of the cipher suites ", suite_names());
}

}  // namespace

void add_tls_settings(std::vector<Setting>& all) {
  all.push_back(
      path_setting(kGroup, "tls-certificate",
                   "The certificate of listeners with tls:, in PEM; intermediate certificates follow it. Its key is "
                   "ECDSA on P-256. ./dev certs makes one for tests.",
                   &Config::tls_certificate));
  all.push_back(
      path_setting(kGroup, "tls-key",
                   "The key of tls-certificate, in PEM, without a password. Only its owner and a group may read it.",
                   &Config::tls_key));
  all.push_back(path_setting(kGroup, "tls-client-ca",
                             "Clients must have a certificate that one of the authorities in this PEM file signed.",
                             &Config::tls_client_ca));
  all.push_back(list_setting(
      {.group = kGroup,
       .key = "tls-allow",
       .placeholder = "NAME",
       .meaning = "Clients must have this name in their certificate (subject alternative name). Several names are "
                  "several lines, or one line with commas. Needs tls-client-ca.",
       .allowed = "a DNS name, * for its first label, or none for every name"},
      &Config::tls_allow, name_fault));
  all.push_back(
      path_setting(kGroup, "tls-psk-file",
                   "Pre-shared keys of clients without certificates: lines \"NAME KEY\" with 16 to 32 random bytes "
                   "in hexadecimal digits. NAME is their name in rules of allow. Only its owner and a group may read "
                   "the file.",
                   &Config::tls_psk_file));
  all.push_back({.key = "tls-min-version",
                 .group = kGroup,
                 .placeholder = "VERSION",
                 .meaning = "The oldest version of TLS that clients may use.",
                 .allowed = "1.2 or 1.3",
                 .limit = nullptr,
                 .list = false,
                 .set = set_min_version,
                 .get = get_min_version});
  all.push_back(
      list_setting({.group = kGroup,
                    .key = "tls-suites",
                    .placeholder = "NAME",
                    .meaning = "The cipher suites that clients may use, the preferred one first. Several names are "
                               "several lines, or one line with commas. Suites with PSK need tls-psk-file.",
                    .allowed = "a suite of docs/tls.md, or none for those that are fast on this processor"},
                   &Config::tls_suites, suite_fault));
}

}  // namespace mote::gateway
