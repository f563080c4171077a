// The configuration of the gateway. Sources in rising precedence: defaults, configuration file, environment, command line.
// Runs before the gateway is ready, so it may use the heap. It never prints and never exits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/limits.h"
#include "engine/log.h"
#ifdef MOTE_TLS
#include "gateway/access_files.h"
#include "tls/server_context.h"
#endif

namespace mote::gateway {

// 127.0.0.1 with the port of the product.
std::string default_address();

struct Config {
  engine::Limits limits;
  std::vector<std::string> listen{default_address()};             // engine::parse_address() accepts each
  std::vector<std::string> trusted_proxies{};                     // each one is taken by engine::AddressPrefix::parse()
  std::uint64_t memory_budget = std::uint64_t{32} * 1024 * 1024;  // maximum of the worst case of the limits, in bytes
  engine::LogLevel log_level = engine::LogLevel::Info;
  bool sandbox = true;
  bool reflection = true;
  std::string http{};                      // engine::parse_address() accepts it; empty: off
  std::vector<std::string> http_hosts{};   // names that a Host may have
  std::vector<std::string> web_origins{};  // whose pages may make gRPC-Web calls
#ifdef MOTE_TLS
  std::string tls_certificate{};  // Paths of PEM files.
  std::string tls_key{};
  std::string tls_client_ca{};
  std::string tls_psk_file{};
  std::vector<std::string> tls_allow{};
  std::vector<std::string> tls_suites{};  // load_config() has checked each.
  tls::Version tls_min_version = tls::Version::Tls12;
  std::vector<std::string> allow{};  // "NAME /package.Service/Method"; load_config() has checked each.
  std::string token_file{};
  AccessFiles access{};  // Of an effective configuration: what the files contain.
#endif
  std::vector<std::string> service_values;  // of the keys of services; empty: all have their defaults

  bool operator==(const Config&) const = default;
};

// Where a value was set: "gateway.conf" and a line, or a flag or a variable and line 0.
struct Origin {
  std::string source;
  std::size_t line = 0;
};

struct ConfigError {
  Origin origin;
  std::string text;

  [[nodiscard]] std::string to_text() const;  // "SOURCE:LINE: TEXT", "SOURCE: TEXT", or TEXT without an origin
};

struct Setting;

// One `key = value` of one source.
struct Assignment {
  Origin origin;
  const Setting* setting;
  std::string value;
};

// The sources in rising precedence; within one, in the order of the text. Within a source, values of a list (`listen`) add
// up; the next source replaces the list.
using Assignments = std::vector<Assignment>;

struct LoadedConfig {
  Config configured;  // as it was set; automatic sizes are 0
  Config effective;   // resolved; in force if there are no errors
  std::vector<ConfigError> errors;
};

// Merges the sources and finds all errors: adds to `errors` wrong values, broken rules between limits and, if there are no
// others, a worst case above the memory budget.
LoadedConfig load_config(std::span<const Assignments> sources, const engine::EngineSizes& sizes,
                         std::vector<ConfigError> errors);

}  // namespace mote::gateway
