// What metrics and the status page show: the numbers of the engine, read where they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/lean/core.h"
#include "engine/lean/monitor/call_metrics.h"
#include "engine/lean/monitor/recent_refusals.h"
#ifdef MOTE_TLS
#include "engine/lean/tls_shared.h"
#endif

namespace mote::lean {

// Of the engine's connections and its loop, since the start.
struct LoopFigures {
  std::size_t connections = 0;       // Open now.
  std::size_t unix_connections = 0;  // Of them on Unix sockets.
  std::uint64_t opened = 0;          // Connections.
  std::uint64_t turns = 0;
  Time longest_turn{};
  Time longest_turn_cpu{};  // The most processor time of one turn, since the first report.
};

// The HTTP statuses that the listener answers with.
inline constexpr std::array<std::uint16_t, 14> kHttpStatuses = {200, 204, 400, 403, 404, 405, 408,
                                                                411, 413, 421, 431, 501, 503, 505};

struct MonitorView {
  Core& core;
  const LoopFigures& loop;
  const CallMetrics& calls;
  const RecentRefusals& refusals;
  std::string_view program;
  std::string_view version;
  std::uint64_t memory_budget;
  const engine::EngineSizes& sizes;
  Time started;
  int statm;  // /proc/self/statm, or -1.
  bool web;   // gRPC-Web is on.
#ifdef MOTE_TLS
  const TlsShared* tls;  // nullptr: no listener has TLS.
  const HandshakePlaces* handshakes;
#endif
  std::size_t http_connections = 0;  // Open now.
  std::array<std::uint64_t, kHttpStatuses.size()> http_answers{};
};

// A resource of which a fixed number exists.
struct Pool {
  std::string_view name;
  std::uint64_t used;
  std::uint64_t capacity;
};

// nullopt: there are no more.
std::optional<Pool> pool(const MonitorView& view, std::size_t index);

// Resident memory in bytes; 0 if the kernel does not tell.
std::uint64_t resident_bytes(const MonitorView& view);
// CPU time of the process.
Time cpu_time();
// How often a limit was hit.
std::uint64_t limit_count(const MonitorView& view, engine::LimitId id);

// Where the next piece of a document begins.
struct Cursor {
  std::uint32_t part = 0;
  std::uint32_t item = 0;
  std::uint32_t written = 0;  // Items of the part; the others had nothing to write.
};

// A text that is made in pieces, so that a turn has bounded work and a connection a small buffer. Writes some items to `out`, which
// has room for kMostItemBytes at least. Returns false if the text has ended.
using Document = bool (*)(const MonitorView& view, Cursor& cursor, ByteWriter& out);

inline constexpr std::size_t kMostItemBytes = 1600;
// Items that a call looks at, also if they write nothing.
inline constexpr std::size_t kMostItems = 128;

}  // namespace mote::lean
