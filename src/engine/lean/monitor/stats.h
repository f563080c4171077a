// The numbers of the status page as JSON, /stats.json. It has what a person looks at; metrics.h has everything.
//
//   program, version, uptime_s, draining, web (gRPC-Web is on), memory {resident, worst_case, budget}, cpu_s, received_bytes, sent_bytes, opened,
//   longest_turn_us, certificate_expires (Unix time; null without TLS), bounds_us [11]
//   pools    [{name, used, capacity}]
//   methods  [{service, method, started, codes {OK: n}, within [12: calls up to each of bounds_us, and above], total_us}]
//   limits   [{name, count}], those that were reached and that are no routine
//   refusals [{name, peer, count, ago_s}], the newest first
//   peers    [{address, connections, calls, blocks}], kMostPeers of them at most
#pragma once

#include "engine/lean/monitor/view.h"

namespace mote::lean {

inline constexpr std::string_view kStatsType = "application/json";
inline constexpr std::uint32_t kMostPeers = 32;

// A Document.
bool write_stats(const MonitorView& view, Cursor& cursor, ByteWriter& out);

}  // namespace mote::lean
