#include "engine/lean/monitor/metrics.h"

#include "engine/clock.h"
#include "engine/lean/monitor/numbers.h"
#include "engine/log.h"

namespace mote::lean {

namespace {

enum class Type : std::uint8_t { Gauge, Counter, Histogram };

struct Family;

// Writes samples of one family. The lines about the family come before its first sample.
class Samples {
 public:
  Samples(const Family& family, Cursor& cursor, ByteWriter& out) : family_(family), cursor_(cursor), out_(out) {}

  Samples& begin(std::string_view suffix = {});
  Samples& label(std::string_view name, std::string_view value) {
    add_text(out_, labels_++ == 0 ? "{" : ",");
    add_text(out_, name);
    add_text(out_, "=\"");
    add_text(out_, value);
    add_text(out_, "\"");
    return *this;
  }
  void value(std::uint64_t number) {
    end_labels();
    add_number(out_, number);
    add_text(out_, "\n");
  }
  void seconds(std::uint64_t microseconds) {
    end_labels();
    add_seconds(out_, microseconds);
    add_text(out_, "\n");
  }

 private:
  void end_labels() { add_text(out_, labels_ == 0 ? " " : "} "); }

  const Family& family_;
  Cursor& cursor_;
  ByteWriter& out_;
  std::size_t labels_ = 0;
};

struct Family {
  std::string_view name;
  Type type;
  std::string_view help;
  // Writes the samples of an item, or none. False: there is no such item.
  bool (*write)(const MonitorView& view, std::size_t item, Samples& samples);
};

Samples& Samples::begin(std::string_view suffix) {
  if (cursor_.written == 0) {
    constexpr std::string_view kTypes[] = {"gauge", "counter", "histogram"};
    for (const std::string_view part :
         {std::string_view("# HELP "), family_.name, std::string_view(" "), family_.help, std::string_view("\n# TYPE "),
          family_.name, std::string_view(" "), kTypes[static_cast<std::size_t>(family_.type)], std::string_view("\n")})
      add_text(out_, part);
  }
  ++cursor_.written;
  labels_ = 0;
  add_text(out_, family_.name);
  add_text(out_, suffix);
  return *this;
}

// A family with one sample.
template <auto number>
bool one(const MonitorView& view, std::size_t item, Samples& samples) {
  if (item != 0) return false;
  samples.begin().value(number(view));
  return true;
}

template <auto time>
bool one_time(const MonitorView& view, std::size_t item, Samples& samples) {
  if (item != 0) return false;
  samples.begin().seconds(time(view));
  return true;
}

std::string_view kind_name(rpc::Kind kind) {
  switch (kind) {
    case rpc::Kind::Unary:
      return "unary";
    case rpc::Kind::ServerStreaming:
      return "server_stream";
    case rpc::Kind::ClientStreaming:
      return "client_stream";
    case rpc::Kind::BidiStreaming:
      break;
  }
  return "bidi_stream";
}

Samples& add_method(Samples& samples, const MethodMetrics& row) {
  constexpr std::string_view kOther = "other";
  const bool own = row.method != nullptr;
  return samples.label("grpc_type", own ? kind_name(row.method->kind) : kOther)
      .label("grpc_service", own ? row.service->name : kOther)
      .label("grpc_method", own ? row.method->path.substr(row.service->name.size() + 2) : kOther);
}

bool build_info(const MonitorView& view, std::size_t item, Samples& samples) {
  if (item != 0) return false;
#ifdef MOTE_TLS
  constexpr std::string_view kTls = "mbedtls";
#else
  constexpr std::string_view kTls = "none";
#endif
  samples.begin().label("program", view.program).label("version", view.version).label("tls", kTls).value(1);
  return true;
}

bool resident(const MonitorView& view, std::size_t item, Samples& samples) {
  const std::uint64_t bytes = item == 0 ? resident_bytes(view) : 0;
  if (bytes == 0) return false;
  samples.begin().value(bytes);
  return true;
}

bool limit_memory(const MonitorView& view, std::size_t item, Samples& samples) {
  const auto table = engine::limit_table();
  if (item == table.size()) {
    samples.begin().label("limit", "fixed").value(engine::fixed_bytes(view.core.limits, view.sizes));
    return true;
  }
  if (item > table.size()) return false;
  const std::uint64_t bytes = table[item].cost_of(view.core.limits, view.sizes).bytes();
  if (bytes != 0) samples.begin().label("limit", table[item].name).value(bytes);
  return true;
}

template <auto Field>
bool pools(const MonitorView& view, std::size_t item, Samples& samples) {
  const std::optional<Pool> found = pool(view, item);
  if (!found) return false;
  samples.begin().label("pool", found->name).value((*found).*Field);
  return true;
}

bool started(const MonitorView& view, std::size_t item, Samples& samples) {
  const auto rows = view.calls.rows();
  if (item >= rows.size()) return false;
  add_method(samples.begin(), rows[item]).value(rows[item].started);
  return true;
}

// OK is there from the start; another code appears with its first call.
bool handled(const MonitorView& view, std::size_t item, Samples& samples) {
  const auto rows = view.calls.rows();
  if (item >= rows.size() * kStatusCodes) return false;
  const MethodMetrics& row = rows[item / kStatusCodes];
  const std::size_t code = item % kStatusCodes;
  if (code != 0 && row.ended[code] == 0) return true;
  add_method(samples.begin(), row).label("grpc_code", name(static_cast<StatusCode>(code))).value(row.ended[code]);
  return true;
}

// A line for each bound. The lines of one row may come from several turns: then a later one counts more calls, and never fewer.
bool times(const MonitorView& view, std::size_t item, Samples& samples) {
  constexpr std::size_t kLines = kLatencyBounds.size() + 1;
  const auto rows = view.calls.rows();
  if (item >= rows.size() * kLines) return false;
  const MethodMetrics& row = rows[item / kLines];
  const std::size_t line = item % kLines;
  std::uint64_t calls = 0;
  for (std::size_t i = 0; i <= line; ++i)
    calls += row.within[i];
  add_method(samples.begin("_bucket"), row);
  if (line < kLatencyBounds.size()) {
    std::array<std::uint8_t, 32> text{};
    ByteWriter bound(text);
    add_seconds(bound, microseconds(kLatencyBounds[line]));
    std::string_view shown = as_text(bound.written());
    shown = shown.substr(0, shown.find_last_not_of('0') + 1);
    if (shown.ends_with('.')) shown.remove_suffix(1);
    samples.label("le", shown).value(calls);
    return true;
  }
  samples.label("le", "+Inf").value(calls);
  add_method(samples.begin("_sum"), row).seconds(row.total_us);
  add_method(samples.begin("_count"), row).value(calls);
  return true;
}

bool limits(const MonitorView& view, std::size_t item, Samples& samples) {
  const auto table = engine::limit_table();
  if (item >= table.size()) return false;
  samples.begin().label("limit", table[item].name).value(limit_count(view, table[item].id));
  return true;
}

bool http_answers(const MonitorView& view, std::size_t item, Samples& samples) {
  if (item >= kHttpStatuses.size()) return false;
  const std::uint64_t count = view.http_answers[item];
  if (item == 0 || count != 0) {
    samples.begin().label("code", engine::FixedText<4>().add(std::uint64_t{kHttpStatuses[item]}).view()).value(count);
  }
  return true;
}

#ifdef MOTE_GZIP
// Of messages received, then of messages sent.
template <auto Field>
bool gzip(const MonitorView& view, std::size_t item, Samples& samples) {
  if (view.core.gzip == nullptr || item > 1) return false;
  const GzipUse& use = item == 0 ? view.core.inflated : view.core.deflated;
  samples.begin().label("direction", item == 0 ? "received" : "sent").value(use.*Field);
  return true;
}
#endif

#ifdef MOTE_TLS
bool certificate(const MonitorView& view, std::size_t item, Samples& samples) {
  if (item != 0 || view.tls == nullptr) return false;
  samples.begin().value(view.tls->context->expires_at());
  return true;
}
#endif

constexpr Family kFamilies[] = {
    {"mote_build_info", Type::Gauge, "The program; the value is always 1.", build_info},
    {"mote_uptime_seconds", Type::Gauge, "Time since the start.",
     one_time<[](const MonitorView& view) { return microseconds(view.core.now - view.started); }>},
    {"process_start_time_seconds", Type::Gauge, "Unix time of the start.", one_time<[](const MonitorView& view) {
       return engine::wall_clock_us() - microseconds(view.core.now - view.started);
     }>},
    {"process_cpu_seconds_total", Type::Counter, "CPU time, user and system.",
     one_time<[](const MonitorView&) { return microseconds(cpu_time()); }>},
    {"process_resident_memory_bytes", Type::Gauge, "Resident memory (RSS).", resident},
    {"mote_memory_worst_case_bytes", Type::Gauge, "The most memory that the limits allow, the kernel's share included.",
     one<[](const MonitorView& view) { return engine::worst_case_bytes(view.core.limits, view.sizes); }>},
    {"mote_memory_budget_bytes", Type::Gauge, "memory-budget: what the worst case may be.",
     one<[](const MonitorView& view) { return view.memory_budget; }>},
    {"mote_limit_memory_bytes", Type::Gauge, "The part of a limit in the worst case.", limit_memory},
    {"mote_pool_capacity", Type::Gauge, "How many of a resource there are; blocks have 1 KiB.", pools<&Pool::capacity>},
    {"mote_pool_used", Type::Gauge, "How many of a resource are in use.", pools<&Pool::used>},
    {"mote_connections_opened_total", Type::Counter, "Connections that were accepted.",
     one<[](const MonitorView& view) { return view.loop.opened; }>},
    {"mote_received_bytes_total", Type::Counter, "Bytes of HTTP/2 from clients; of TLS, the content.",
     one<[](const MonitorView& view) { return view.core.bytes_received; }>},
    {"mote_sent_bytes_total", Type::Counter, "Bytes of HTTP/2 to clients; of TLS, the content.",
     one<[](const MonitorView& view) { return view.core.bytes_sent; }>},
    {"grpc_server_started_total", Type::Counter, "Calls that began.", started},
    {"grpc_server_handled_total", Type::Counter, "Calls that ended, by status code.", handled},
    {"grpc_server_handling_seconds", Type::Histogram, "Time from the head of a call to its end.", times},
    {"mote_loop_turns_total", Type::Counter, "Turns of the event loop.",
     one<[](const MonitorView& view) { return view.loop.turns; }>},
    {"mote_loop_longest_turn_seconds", Type::Gauge, "The longest turn of the event loop since the start.",
     one_time<[](const MonitorView& view) { return microseconds(view.loop.longest_turn); }>},
    {"mote_limit_reached_total", Type::Counter, "How often a limit was reached.", limits},
    {"mote_log_lines_lost_total", Type::Counter, "Log lines that standard error did not take.",
     one<[](const MonitorView&) { return engine::log_gaps().lost; }>},
    {"mote_http_requests_total", Type::Counter, "Requests to this listener, by HTTP status.", http_answers},
    {"mote_draining", Type::Gauge, "1 while open calls are finished before the end.",
     one<[](const MonitorView& view) { return std::uint64_t{view.core.server.shutting_down ? 1U : 0U}; }>},
#ifdef MOTE_GZIP
    {"mote_gzip_messages_total", Type::Counter, "Messages that were compressed.", gzip<&GzipUse::messages>},
    {"mote_gzip_compressed_bytes_total", Type::Counter, "Their bytes as they were sent.",
     gzip<&GzipUse::compressed_bytes>},
    {"mote_gzip_plain_bytes_total", Type::Counter, "Their bytes without compression.", gzip<&GzipUse::plain_bytes>},
#endif
#ifdef MOTE_TLS
    {"mote_tls_certificate_expiry_timestamp_seconds", Type::Gauge, "Unix time at which tls-certificate expires.",
     certificate},
#endif
};

}  // namespace

bool write_metrics(const MonitorView& view, Cursor& cursor, ByteWriter& out) {
  for (std::size_t steps = 0; steps < kMostItems && out.room() >= kMostItemBytes; ++steps) {
    if (cursor.part == std::size(kFamilies)) return false;
    const Family& family = kFamilies[cursor.part];
    Samples samples(family, cursor, out);
    if (family.write(view, cursor.item, samples)) {
      ++cursor.item;
    } else {
      cursor = {.part = cursor.part + 1};
    }
  }
  return true;
}

}  // namespace mote::lean
