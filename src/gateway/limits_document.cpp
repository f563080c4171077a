#include "gateway/limits_document.h"

#include "engine/official/kept_limits.h"
#include "gateway/memory_report.h"
#include "gateway/quantity.h"
#include "gateway/settings.h"

namespace mote::gateway {
namespace {

using engine::LimitRow;
using engine::LimitRule;

constexpr std::string_view kIntroduction =
    "# Limits\n"
    "\n"
    "<!-- Made by mote-limits-doc from src/engine/limit_table.cpp; edit that. -->\n"
    "\n"
    "What a peer can make the gateway hold, and for how long. Each limit is a flag (`--max-streams 10`), a key of the\n"
    "configuration file (`max-streams = 10`) and an environment variable (`MOTE_MAX_STREAMS=10`). Bytes may be "
    "written\n"
    "with KiB, MiB and GiB; times are plain numbers in the unit that their key ends with.\n"
    "`mote-gateway --print-config` prints the values in force. SIGHUP has the configuration read again; what it "
    "changes at\n"
    "once is marked, the rest waits for a restart.\n";

constexpr std::string_view kTableHead =
    "\n| key | default | unit and range | what it bounds | what the peer is told | counter | memory | SIGHUP |\n"
    "|---|---|---|---|---|---|---|---|\n";

std::string code(std::string_view text) {
  return '`' + std::string(text) + '`';
}

std::string row_text(const Setting& setting) {
  const LimitRow& row = *setting.limit;
  return "| " + code(row.name) + " | " + to_text(row.default_value(), row.unit) + " | " + setting.allowed + " | " +
         std::string(row.bounds) + " | " + std::string(row.told) + " | " + code(row.counter) + " | " +
         std::string(row.cost_text) + " | " + (row.reloadable ? "changes" : "") + " |\n";
}

std::string rules_text() {
  std::string text = "\n## Rules between limits\n\n";
  for (const LimitRule& rule : engine::limit_rules()) {
    const bool at_least = rule.kind == LimitRule::Kind::AtLeast;
    text += "- " + code(engine::limit_row(rule.limit).name) + (at_least ? " is at least " : " is at most ");
    text += std::string(rule.bound_text) + ".\n";
  }
  return text;
}

// What the sources of these clients do, and for those of Debian 12 what they did against a gateway with 768 bytes.
constexpr std::string_view kSmallTables =
    "\n## Header tables below 4,096 bytes\n\n"
    "A full header table of 4,096 bytes takes 4 KiB of memory beside the 768 bytes that most gRPC clients need. A "
    "lower\n"
    "`max-header-table-bytes` saves these 4 KiB for each such connection. It does not lower the worst case.\n\n"
    "A client that has entries in its table must announce the smaller size at the start of its next header block\n"
    "(RFC 9113 4.3.1). One that does not gets GOAWAY COMPRESSION_ERROR for its second call. Use a lower limit only "
    "where\n"
    "you know all clients:\n\n"
    "| client | below 4096 |\n|---|---|\n"
    "| nginx: `grpc_pass` to an upstream with `keepalive`, all versions to 1.22 at least | fails |\n"
    "| Go: net/http before Go 1.20, golang.org/x/net/http2 before December 2022, reverse proxies that use them | fails "
    "|\n"
    "| Go: grpc-go before 1.13 | fails |\n"
    "| Swift: SwiftNIO HTTP/2 before March 2023, and grpc-swift with it | fails |\n"
    "| gRPC C++, Python, Ruby, PHP and C# on C-core; grpc-go since 1.13; Go's net/http since 1.20; Caddy of Debian 12 "
    "| "
    "works |\n"
    "| grpc-java (Netty), Rust's h2 0.3, libnghttp2 (curl, h2load, Envoy, Node.js with grpc-js) | works |\n"
    "| .NET, HAProxy, mote-device | works: they add no entries |\n";

std::string_view keeper_name(official::Keeper keeper) {
  switch (keeper) {
    case official::Keeper::Library:
      return "the library";
    case official::Keeper::Engine:
      return "the engine";
    case official::Keeper::Nobody:
      return "**nobody**";
  }
  return "";
}

std::string grpc_text() {
  std::string text =
      "\n## In the gRPC engine\n\n"
      "mote-gateway-grpc takes the same settings. Who keeps each limit there, with version 1.51 of the library, and "
      "what is\n"
      "different from the above; one that nobody keeps is logged at start when it is set "
      "(`event=limit-has-no-effect`).\n"
      "What the library keeps it is told at start: SIGHUP does not change it.\n\n"
      "| key | kept by | different |\n|---|---|---|\n";
  for (const LimitRow& row : engine::limit_table()) {
    const official::KeptLimit limit = official::kept(row.id);
    text += "| " + code(row.name) + " | " + std::string(keeper_name(limit.keeper)) + " | " + std::string(limit.how) +
            " |\n";
  }
  return text;
}

std::string memory_text(const engine::EngineSizes& sizes) {
  Config defaults;
  engine::resolve(defaults.limits);
  std::string text =
      "\n## Memory at the defaults\n\n"
      "The lean engine on a 64-bit machine takes this much at start, and no more afterwards. It refuses to start when\n"
      "the worst case is above `memory-budget`.\n\n"
      "| share | bytes |\n|---|---|\n";
  for (const LimitRow& row : engine::limit_table()) {
    const engine::Cost cost = row.cost_of(defaults.limits, sizes);
    if (cost.bytes() == 0) continue;
    const std::string factors = std::to_string(cost.count) + " x " + std::to_string(cost.each);
    text +=
        "| " + code(row.name) + (cost.count == 1 ? "" : ", " + factors) + " | " + std::to_string(cost.bytes()) + " |\n";
  }
  text += "| fixed | " + std::to_string(sizes.fixed) + " |\n";
  const std::uint64_t worst = engine::worst_case_bytes(defaults.limits, sizes);
  text += "| **worst case** | **" + std::to_string(worst) + "** (" + readable_bytes(worst) +
          " of the default budget of " + readable_bytes(defaults.memory_budget) + ") |\n";
  return text;
}

}  // namespace

std::string limits_document(const engine::EngineSizes& sizes) {
  std::string text(kIntroduction);
  std::string_view group;
  for (const Setting& setting : settings()) {
    if (setting.limit == nullptr) continue;
    if (setting.group != group) text += "\n## " + std::string(setting.group) + "\n" + std::string(kTableHead);
    group = setting.group;
    text += row_text(setting);
  }
  return text + rules_text() + std::string(kSmallTables) + memory_text(sizes) + grpc_text();
}

}  // namespace mote::gateway
