// The metrics in Prometheus' text format, version 0.0.4. Names and labels of calls are those that other gRPC servers use
// (grpc_server_handled_total and so on), so that existing dashboards read them.
#pragma once

#include "engine/lean/monitor/view.h"

namespace mote::lean {

inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// A Document.
bool write_metrics(const MonitorView& view, Cursor& cursor, ByteWriter& out);

}  // namespace mote::lean
