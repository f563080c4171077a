#include "gateway/settings.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/address.h"
#include "engine/address_prefix.h"
#include "engine/concat.h"
#include "gateway/http_settings.h"
#include "gateway/served_product.h"
#include "gateway/text_settings.h"
#ifdef MOTE_TLS
#include "gateway/access_settings.h"
#include "gateway/tls_settings.h"
#endif
#include "text/typing_distance.h"

namespace mote::gateway {
namespace {

using engine::LimitId;
using engine::LimitRow;
using engine::Unit;
using engine::Zero;

constexpr std::uint64_t kLeastBudget = 64ULL * 1024;
constexpr std::uint64_t kMostBudget = 64ULL * 1024 * 1024 * 1024;
// Beside the limits, those of services included. More would only move the table.
constexpr std::size_t kOtherSettings = 32;
constexpr std::array<std::string_view, 4> kLogLevels = {"error", "warn", "info", "debug"};

std::string_view placeholder_of(Unit unit) {
  switch (unit) {
    case Unit::Count:
    case Unit::PerSecond:
      return "COUNT";
    case Unit::Bytes:
      return "BYTES";
    case Unit::Milliseconds:
      return "MS";
    case Unit::Seconds:
      return "SECONDS";
  }
  return "";
}

std::string_view group_of(LimitId id) {
  if (id < LimitId::MaxMessageBytes) return "Connections and calls";
  if (id <= LimitId::MaxHeaderTableBytes) return "Messages and headers";
  if (id <= LimitId::LargeWindows) return "Buffers";
  if (id <= LimitId::TurnFrames) return "Abuse";
  if (id <= LimitId::Drain) return "Times";
  if (id <= LimitId::LogRate) return "Log";
  return "Metrics and status page";
}

std::string range_of(std::uint64_t min, std::uint64_t max, Unit unit) {
  return engine::concat({to_text(min, unit), " to ", to_text(max, unit)});
}

std::string range_of(const LimitRow& row) {
  std::string range = range_of(row.min, row.max, row.unit);
  if (row.zero == Zero::Automatic) range += ", or 0 for automatic";
  if (row.zero == Zero::Never) range += ", or 0 for never";
  return range;
}

std::string out_of_range(std::string_view value, const std::string& range) {
  return engine::concat({value, " is out of range: ", range});
}

std::string set_limit(const Setting& setting, Config& config, std::string_view value) {
  const LimitRow& row = *setting.limit;
  const text::ParsedQuantity parsed = text::parse_quantity(value, row.unit);
  if (!parsed.error.empty()) return wrong(value, " is ", parsed.error);
  if (!row.accepts(parsed.value)) return out_of_range(value, range_of(row));
  row.set(config.limits, static_cast<std::uint32_t>(parsed.value));
  return {};
}

std::vector<std::string> get_limit(const Setting& setting, const Config& config) {
  return {to_text(setting.limit->get(config.limits), setting.limit->unit)};
}

constexpr const char* kAddresses =
    "HOST:PORT with a numeric IPv4 address, [IPv6]:PORT, *:PORT for all addresses, unix:PATH"
#ifdef MOTE_TLS
    "; with TLS: tls: and one of these"
#endif
    ;

// A variable cannot be given twice, so one value may hold several addresses.
std::string set_listen(const Setting&, Config& config, std::string_view value) {
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    const std::string_view address = value.substr(begin, end - begin);
    const engine::ParsedAddress parsed = engine::parse_address(address);
    if (!parsed.address) return wrong(address, ": ", parsed.error);
#ifndef MOTE_TLS
    if (parsed.address->tls) return wrong(address, ": this program was built without TLS (MOTE_TLS)");
#endif
    config.listen.emplace_back(address);
    begin = end + 1;
  }
  return {};
}

std::vector<std::string> get_listen(const Setting&, const Config& config) {
  return config.listen;
}

void clear_listen(const Setting&, Config& config) {
  config.listen.clear();
}

std::string proxy_fault(std::string_view prefix) {
  if (engine::AddressPrefix::parse(prefix)) return {};
  return wrong(prefix, " is not an address, a prefix such as 10.0.0.0/8 without bits behind it, unix or none");
}

std::string set_budget(const Setting&, Config& config, std::string_view value) {
  const text::ParsedQuantity parsed = text::parse_quantity(value, Unit::Bytes);
  if (!parsed.error.empty()) return wrong(value, " is ", parsed.error);
  if (parsed.value < kLeastBudget || parsed.value > kMostBudget) {
    return out_of_range(value, range_of(kLeastBudget, kMostBudget, Unit::Bytes));
  }
  config.memory_budget = parsed.value;
  return {};
}

std::vector<std::string> get_budget(const Setting&, const Config& config) {
  return {to_text(config.memory_budget, Unit::Bytes)};
}

std::string set_log_level(const Setting&, Config& config, std::string_view value) {
  for (std::size_t i = 0; i < kLogLevels.size(); ++i) {
    if (value != kLogLevels[i]) continue;
    config.log_level = static_cast<engine::LogLevel>(i);
    return {};
  }
  return wrong(value, " is not a level: write error, warn, info or debug");
}

std::vector<std::string> get_log_level(const Setting&, const Config& config) {
  return {std::string(kLogLevels[static_cast<std::size_t>(config.log_level)])};
}

template <class AConfig>
auto& flag_of(const Setting& setting, AConfig& config) {
  return setting.flag != nullptr ? config.*setting.flag : config.limits.*setting.limits_flag;
}

std::string set_flag(const Setting& setting, Config& config, std::string_view value) {
  if (value != "on" && value != "off") return wrong(value, " is neither on nor off");
  flag_of(setting, config) = value == "on";
  return {};
}

std::vector<std::string> get_flag(const Setting& setting, const Config& config) {
  return {flag_of(setting, config) ? "on" : "off"};
}

Setting flag_setting(std::string_view group, std::string_view key, std::string_view meaning) {
  return {.key = key,
          .group = group,
          .placeholder = "on|off",
          .meaning = meaning,
          .allowed = "on or off",
          .limit = nullptr,
          .list = false,
          .set = set_flag,
          .get = get_flag};
}

Setting flag_setting(std::string_view group, std::string_view key, std::string_view meaning, bool Config::*flag) {
  Setting setting = flag_setting(group, key, meaning);
  setting.flag = flag;
  return setting;
}

Setting flag_setting(std::string_view group, std::string_view key, std::string_view meaning,
                     bool engine::Limits::*flag) {
  Setting setting = flag_setting(group, key, meaning);
  setting.limits_flag = flag;
  return setting;
}

Setting setting_of(const LimitRow& row) {
  return {.key = row.name,
          .group = group_of(row.id),
          .placeholder = placeholder_of(row.unit),
          .meaning = row.bounds,
          .allowed = engine::concat({unit_name(row.unit), ", ", range_of(row)}),
          .limit = &row,
          .list = false,
          .set = set_limit,
          .get = get_limit};
}

std::vector<Setting> all_settings() {
  constexpr std::string_view kGroup = "Gateway";
  std::vector<Setting> all;
  all.reserve(engine::kLimitCount + kOtherSettings);
  all.push_back(
      {.key = "listen",
       .group = kGroup,
       .placeholder = "ADDRESS",
       .meaning = "Where clients connect. Port 0 picks a free port; several addresses are several lines, or one line "
                  "with commas.",
       .allowed = kAddresses,
       .limit = nullptr,
       .list = true,
       .set = set_listen,
       .get = get_listen,
       .clear = clear_listen});
  all.push_back(list_setting(
      {.group = kGroup,
       .key = "trusted-proxy",
       .placeholder = "PREFIX",
       .meaning = "Peers that are exempt from the shares of addresses. They may name the client of a connection with "
                  "version 2 of the PROXY protocol, and the connection then counts for the client's address. Name only "
                  "proxies, because they can claim any address. Several prefixes are several lines, or one line with "
                  "commas.",
       .allowed = "an IPv4 or IPv6 address, a prefix such as 10.0.0.0/8, unix for all peers on Unix sockets, or none"},
      &Config::trusted_proxies, proxy_fault));
  all.push_back(
      flag_setting(kGroup, "reuse-port",
                   "Whether other gateways of the same user may listen on the same ports (SO_REUSEPORT): the kernel "
                   "spreads connections over them. Off, a port that is in use is an error.",
                   &engine::Limits::reuse_port));
  all.push_back(
      {.key = "memory-budget",
       .group = kGroup,
       .placeholder = "BYTES",
       .meaning = "The memory that the worst case of all limits may take; the gateway refuses to start above it.",
       .allowed = engine::concat({"bytes, ", range_of(kLeastBudget, kMostBudget, Unit::Bytes)}),
       .limit = nullptr,
       .list = false,
       .set = set_budget,
       .get = get_budget});
  all.push_back({.key = "log-level",
                 .group = kGroup,
                 .placeholder = "LEVEL",
                 .meaning = "The least important lines that are logged to stderr.",
                 .allowed = "error, warn, info or debug",
                 .limit = nullptr,
                 .list = false,
                 .set = set_log_level,
                 .get = get_log_level});
  all.push_back(flag_setting(
      kGroup, "sandbox",
      "Whether the kernel ends the gateway at a system call that serving does not need, and keeps it from other "
      "files (seccomp, Landlock). Off is for debugging; --no-sandbox is the same.",
      &Config::sandbox));
  all.push_back(
      flag_setting(kGroup, "reflection",
                   "Whether clients may read the descriptors of the services (grpc.reflection.v1 and v1alpha).",
                   &Config::reflection));
#ifdef MOTE_GZIP
  all.push_back(flag_setting(
      kGroup, "gzip",
      "Whether messages may be compressed with gzip: requests, and replies of at least 256 bytes to clients that "
      "accept it. A request may become as large as max-message-bytes; turn-bytes bounds the work. It needs "
      "40.5 KiB of memory and much more processor time for each byte.",
      &engine::Limits::gzip));
#endif
#ifdef MOTE_TLS
  add_tls_settings(all);
  add_access_settings(all);
#endif
  // The settings of a listener stand before its limits, which are the last.
  for (const LimitRow& row : engine::limit_table()) {
    if (row.id == LimitId::HttpConnections) add_http_settings(all);
    all.push_back(setting_of(row));
  }
  return all;
}

// Those of the services.
std::vector<Setting> added_settings;
// Empty until settings() needs it.
std::vector<Setting> known_settings;

}  // namespace

std::string wrong(std::string_view value, std::string_view error, std::string_view detail) {
  return engine::concat({"\"", value, "\"", error, detail});
}

std::span<const Setting> settings() {
  if (known_settings.empty()) {
    known_settings = all_settings();
    known_settings.insert(known_settings.end(), added_settings.begin(), added_settings.end());
  }
  return known_settings;
}

void add_setting(Setting setting) {
  added_settings.push_back(setting);
  if (!known_settings.empty()) known_settings.push_back(std::move(setting));
}

void free_settings() {
  std::vector<Setting>().swap(known_settings);  // clear() would keep the memory.
}

const Setting* find_setting(std::string_view key) {
  for (const Setting& setting : settings()) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

std::string variable_name(std::string_view key) {
  std::string name(product().environment);
  for (const char letter : key) {
    const bool lower = letter >= 'a' && letter <= 'z';
    name += letter == '-' ? '_' : lower ? static_cast<char>(letter - 'a' + 'A') : letter;
  }
  return name;
}

std::string_view nearest_setting(std::string_view typed) {
  const auto nearer = [typed](const Setting& a, const Setting& b) {
    return text::typing_distance(typed, a.key) < text::typing_distance(typed, b.key);
  };
  return std::min_element(settings().begin(), settings().end(), nearer)->key;
}

std::string to_text(std::uint64_t value, Unit unit) {
  if (unit == Unit::Bytes && value != 0) {
    for (const text::Multiple& multiple : text::kMultiples) {
      if (value % multiple.bytes == 0) return engine::concat({engine::digits(value / multiple.bytes), multiple.suffix});
    }
  }
  return engine::digits(value);
}

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::Count:
      return "count";
    case Unit::Bytes:
      return "bytes";
    case Unit::Milliseconds:
      return "milliseconds";
    case Unit::Seconds:
      return "seconds";
    case Unit::PerSecond:
      return "per second";
  }
  return "";
}

}  // namespace mote::gateway
