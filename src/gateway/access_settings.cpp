#include "gateway/access_settings.h"

#include <algorithm>

#include "gateway/path_setting.h"
#include "gateway/service_settings.h"
#include "tls/names.h"

namespace mote::gateway {
namespace {

constexpr std::string_view kGroup = "Access";

bool is_user(std::string_view name) {
  constexpr std::string_view kPrefix = "uid:";
  if (!name.starts_with(kPrefix)) return false;
  const text::ParsedQuantity user = text::parse_quantity(name.substr(kPrefix.size()), text::Unit::Count);
  return user.error.empty() && user.value < UINT32_MAX;
}

bool is_caller(std::string_view name) {
  if (name == "*" || is_user(name)) return true;
  return tls::is_name(name.starts_with("*.") ? name.substr(2) : name);
}

std::string check_rule(std::string_view rule) {
  const std::size_t blank = rule.find(' ');
  if (blank == std::string_view::npos) return '"' + std::string(rule) + "\" is not \"NAME /package.Service/Method\"";
  const std::string_view name = rule.substr(0, blank);
  if (!is_caller(name))
    return '"' + std::string(name) +
           "\" is neither a name, with * for its first label or without, nor uid:NUMBER, nor *";
  return check_method(rule.substr(blank + 1));
}

std::string set_allow(const Setting&, Config& config, std::string_view value) {
  if (value == kNone) return {};
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    std::string_view rule = value.substr(begin, end - begin);
    rule.remove_prefix(std::min(rule.find_first_not_of(' '), rule.size()));
    std::string error = check_rule(rule);
    if (!error.empty()) return error;
    config.allow.emplace_back(rule);
    begin = end + 1;
  }
  return {};
}

std::vector<std::string> get_allow(const Setting&, const Config& config) {
  if (config.allow.empty()) return {std::string(kNone)};
  return config.allow;
}

void clear_allow(Config& config) {
  config.allow.clear();
}

}  // namespace

std::vector<Setting> access_settings() {
  return {
      {.key = "allow",
       .group = kGroup,
       .placeholder = "RULE",
       .meaning =
           "A rule \"NAME /package.Service/Method\": a caller with this name may call the method; * instead of the "
           "method stands for all methods of the service. The name is that of a client certificate, a token "
           "or, as uid:NUMBER, a user of a Unix socket; *.plant stands for all names with one more label, and * for "
           "every caller. Once there is a rule, other calls are denied, except for health checks over a Unix socket. "
           "Several rules are several lines, or one line with commas.",
       .allowed = "a rule, or none: every caller may call everything",
       .limit = nullptr,
       .list = true,
       .set = set_allow,
       .get = get_allow,
       .clear = clear_allow},
      path_setting<&Config::token_file>(
          kGroup, "token-file",
          "Bearer tokens that name callers, for rules of allow: lines \"NAME HASH\" with the SHA-256 of a token in "
          "hexadecimal digits. Only its owner and a group may read the file. Tokens are refused over plaintext TCP."),
  };
}

}  // namespace mote::gateway
