#include "gateway/access_settings.h"

#include "gateway/service_settings.h"
#include "gateway/text_settings.h"
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

std::string rule_fault(std::string_view rule) {
  const std::size_t blank = rule.find(' ');
  if (blank == std::string_view::npos) return wrong(rule, " is not \"NAME /package.Service/Method\"");
  const std::string_view name = rule.substr(0, blank);
  if (!is_caller(name))
    return wrong(name, " is neither a name, with * for its first label or without, nor uid:NUMBER, nor *");
  return check_method(rule.substr(blank + 1));
}

}  // namespace

void add_access_settings(std::vector<Setting>& all) {
  all.push_back(list_setting(
      {.group = kGroup,
       .key = "allow",
       .placeholder = "RULE",
       .meaning =
           "A rule \"NAME /package.Service/Method\": a caller with this name may call the method; * instead of "
           "the method stands for all methods of the service. The name is that of a client certificate, a token "
           "or, as uid:NUMBER, a user of a Unix socket; *.plant stands for all names with one more label, and * "
           "for every caller. Once there is a rule, other calls are denied, except for health checks over a Unix "
           "socket. Several rules are several lines, or one line with commas.",
       .allowed = "a rule, or none: every caller may call everything"},
      &Config::allow, rule_fault));
  all.push_back(path_setting(
      kGroup, "token-file",
      "Bearer tokens that name callers, for rules of allow: lines \"NAME HASH\" with the SHA-256 of a token in "
      "hexadecimal digits. Only its owner and a group may read the file. Tokens are refused over plaintext TCP.",
      &Config::token_file));
}

}  // namespace mote::gateway
