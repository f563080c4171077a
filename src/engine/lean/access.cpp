#include "engine/lean/access.h"

#include <algorithm>
#include <charconv>

#include "bytes/letter_case.h"
#include "mbedtls/platform_util.h"
#include "tls/names.h"
#include "tls/pre_shared_keys.h"
#include "tls/token_hash.h"

namespace mote::lean {

namespace {

using engine::AccessPart;
using engine::take_line;

constexpr std::string_view kUserPrefix = "uid:";
// Of 16 random bytes in base64, the shortest form that is usual.
constexpr std::size_t kShortestToken = 22;

// What follows "Bearer", without case (RFC 6750 2.1, RFC 9110 11.1); empty if it is another scheme.
std::string_view token_of(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (!equal_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) return {};
  authorization.remove_prefix(kScheme.size());
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' '), authorization.size()));
  return authorization;
}

bool is_user(std::string_view name, std::uint32_t user) {
  if (!name.starts_with(kUserPrefix)) return false;
  std::array<char, 10> digits{};
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), user).ptr;
  return name.substr(kUserPrefix.size()) ==
         std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

bool is_caller(std::string_view name, const rpc::Peer& caller) {
  if (name == "*") return true;
  for (const std::string_view proved : {caller.certificate_name, caller.psk_identity, caller.token_name}) {
    if (!proved.empty() && tls::name_matches(name, proved)) return true;
  }
  return caller.uid && is_user(name, *caller.uid);
}

bool is_method(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with('*')) return pattern == path;
  return path.starts_with(pattern.substr(0, pattern.size() - 1));
}

tls::ServerSettings settings_of(const engine::AccessTexts& texts, tls::TicketKeys& tickets) {
  return {.certificate = texts[AccessPart::Certificate],
          .key = texts[AccessPart::Key],
          .client_ca = texts[AccessPart::ClientCa],
          .allowed_names = texts[AccessPart::AllowedNames],
          .psks = texts[AccessPart::Psks],
          .min_version = texts[AccessPart::MinVersion] == "1.3" ? tls::Version::Tls13 : tls::Version::Tls12,
          .tickets = &tickets,
          .suites = texts[AccessPart::Suites]};
}

}  // namespace

tls::LoadError Access::load(MutableBytes memory, const engine::AccessTexts& texts, bool tls) {
  memory_ = memory;
  if (tls && !tickets_.start()) return {"tls-certificate", "not enough memory for the keys of session tickets"};
  const engine::AccessSizes sizes = engine::sizes_of(texts);
  engine::pack(texts, buffer(at_));
  return load_version(at_, sizes, tls);
}

MutableBytes Access::spare() {
  const std::size_t index = 1 - at_;
  std::optional<tls::ServerContext>& context = versions_[index].context;
  if (context && context->used()) return {};
  context.reset();
  return buffer(index);
}

tls::LoadError Access::replace(const engine::AccessSizes& sizes, bool tls) {
  const tls::LoadError error = load_version(1 - at_, sizes, tls);
  if (error.text.empty()) at_ = 1 - at_;
  return error;
}

tls::LoadError Access::load_version(std::size_t index, const engine::AccessSizes& sizes, bool tls) {
  Version& version = versions_[index];
  const MutableBytes memory = buffer(index);
  version.texts = engine::unpack(sizes, memory);
  if (!tls) return {};
  const tls::LoadError error = version.context.emplace().load(settings_of(version.texts, tickets_));
  // The library has its own copy.
  const Bytes key = as_bytes(version.texts[AccessPart::Key]);
  const auto at = static_cast<std::size_t>(key.data() - memory.data());
  mbedtls_platform_zeroize(memory.subspan(at).data(), key.size());
  if (!error.text.empty()) version.context.reset();
  return error;
}

bool Access::permits(const rpc::Peer& caller, std::string_view path) const {
  std::string_view rules = text(AccessPart::Rules);
  while (!rules.empty()) {
    const std::string_view rule = take_line(rules);
    const std::size_t blank = rule.find(' ');
    if (is_method(rule.substr(blank + 1), path) && is_caller(rule.substr(0, blank), caller)) return true;
  }
  return false;
}

// All hashes are compared, so that the time tells nothing about the one that matches.
Access::Bearer Access::bearer(std::string_view authorization, bool exposed) const {
  std::string_view tokens = text(AccessPart::Tokens);
  const std::string_view token = token_of(authorization);
  if (tokens.empty() || token.empty()) return {};
  if (exposed) return {.state = Bearer::State::Exposed};
  const tls::HashText hash = tls::hash_of(token);
  Bearer bearer{.state = Bearer::State::Unknown};
  while (!tokens.empty()) {
    const std::string_view line = take_line(tokens);
    const std::size_t blank = line.find(' ');
    if (!tls::same_hash(hash, line.substr(blank + 1)) || token.size() < kShortestToken) continue;
    bearer = {.state = Bearer::State::Known, .name = line.substr(0, blank)};
  }
  return bearer;
}

bool Access::admits(const rpc::Peer& caller) const {
  if (!caller.psk_identity.empty()) return !tls::find_psk(text(AccessPart::Psks), caller.psk_identity).empty();
  const std::string_view names = text(AccessPart::AllowedNames);
  return names.empty() || caller.certificate_name.empty() || tls::name_listed(names, caller.certificate_name);
}

}  // namespace mote::lean
