#include "engine/lean/monitor/metrics.h"

#include "engine/clock.h"
#include "engine/lean/monitor/numbers.h"
#include "engine/log.h"

namespace mote::lean {

namespace {

// Writes samples of one family. The lines about the family come before its first sample.
class Samples {
 public:
  Samples(Cursor& cursor, ByteWriter& out) : cursor_(cursor), out_(out) {}

  // "NAME TYPE HELP" of the family.
  Samples& of(std::string_view about) {
    about_ = about;
    return *this;
  }
  [[nodiscard]] std::size_t item() const { return cursor_.item; }

  // What follows the name of the family, as in print().
  void add(std::string_view format, std::initializer_list<Shown> values);
  // The same with the labels of a method. `more` are further labels.
  void add(std::string_view suffix, const MethodMetrics& row, std::string_view more,
           std::initializer_list<Shown> values);

  // A family with one sample.
  bool one(Shown value) { return one(" $\n", value); }
  bool one(std::string_view format, Shown value) {
    if (item() != 0) return false;
    add(format, {value});
    return true;
  }

 private:
  void begin();

  Cursor& cursor_;
  ByteWriter& out_;
  std::string_view about_;
};

void Samples::begin() {
  const std::string_view name = about_.substr(0, about_.find(' '));
  std::string_view help = about_.substr(name.size() + 1);
  const std::string_view type = help.substr(0, help.find(' '));
  help.remove_prefix(type.size() + 1);
  if (cursor_.written++ == 0) print(out_, "# HELP $ $\n# TYPE $ $\n", {name, help, name, type});
  add_text(out_, name);
}

void Samples::add(std::string_view format, std::initializer_list<Shown> values) {
  begin();
  print(out_, format, values);
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

void Samples::add(std::string_view suffix, const MethodMetrics& row, std::string_view more,
                  std::initializer_list<Shown> values) {
  begin();
  const std::string_view kind = row.method == nullptr ? kOtherMethods : kind_name(row.method->kind);
  print(out_, "${grpc_type=\"$\",grpc_service=\"$\",grpc_method=\"$\"",
        {suffix, kind, row.service_name(), row.method_name()});
  print(out_, more, values);
}

bool limit_memory(const MonitorView& view, Samples& samples) {
  constexpr std::string_view kFormat = "{limit=\"$\"} $\n";
  const auto table = engine::limit_table();
  const std::size_t item = samples.item();
  if (item == table.size()) {
    samples.add(kFormat, {"fixed", std::uint64_t{engine::fixed_bytes(view.core.limits, view.sizes)}});
    return true;
  }
  if (item > table.size()) return false;
  const std::uint64_t bytes = table[item].cost_of(view.core.limits, view.sizes).bytes();
  if (bytes != 0) samples.add(kFormat, {table[item].name.view(), bytes});
  return true;
}

bool pools(const MonitorView& view, Samples& samples, std::uint64_t Pool::*number) {
  const std::optional<Pool> found = pool(view, samples.item());
  if (!found) return false;
  samples.add("{pool=\"$\"} $\n", {found->name, (*found).*number});
  return true;
}

bool started(const MonitorView& view, Samples& samples) {
  const auto rows = view.calls.rows();
  if (samples.item() >= rows.size()) return false;
  const MethodMetrics& row = rows[samples.item()];
  samples.add({}, row, "} $\n", {row.started});
  return true;
}

// OK is there from the start; another code appears with its first call.
bool handled(const MonitorView& view, Samples& samples) {
  const auto rows = view.calls.rows();
  const std::size_t item = samples.item();
  if (item >= rows.size() * kStatusCodes) return false;
  const MethodMetrics& row = rows[item / kStatusCodes];
  const std::size_t code = item % kStatusCodes;
  if (code != 0 && row.ended[code] == 0) return true;
  samples.add({}, row, ",grpc_code=\"$\"} $\n", {name(static_cast<StatusCode>(code)), row.ended[code]});
  return true;
}

// A line for each bound. The lines of one row may come from several turns: then a later one counts more calls, and never fewer.
bool times(const MonitorView& view, Samples& samples) {
  constexpr std::size_t kLines = kLatencyBounds.size() + 1;
  const auto rows = view.calls.rows();
  const std::size_t item = samples.item();
  if (item >= rows.size() * kLines) return false;
  const MethodMetrics& row = rows[item / kLines];
  const std::size_t line = item % kLines;
  std::uint64_t calls = 0;
  for (std::size_t i = 0; i <= line; ++i)
    calls += row.within[i];
  std::array<std::uint8_t, 32> text{};
  std::string_view shown = "+Inf";
  if (line < kLatencyBounds.size()) {
    ByteWriter bound(text);
    print(bound, "%", {kLatencyBounds[line]});
    shown = as_text(bound.written());
    shown = shown.substr(0, shown.find_last_not_of('0') + 1);
    if (shown.ends_with('.')) shown.remove_suffix(1);
  }
  samples.add("_bucket", row, ",le=\"$\"} $\n", {shown, calls});
  if (line < kLatencyBounds.size()) return true;
  samples.add("_sum", row, "} %\n", {row.total_us});
  samples.add("_count", row, "} $\n", {calls});
  return true;
}

bool limits(const MonitorView& view, Samples& samples) {
  const auto table = engine::limit_table();
  if (samples.item() >= table.size()) return false;
  const engine::LimitRow& row = table[samples.item()];
  samples.add("{limit=\"$\"} $\n", {row.name.view(), limit_count(view, row.id)});
  return true;
}

bool http_answers(const MonitorView& view, Samples& samples) {
  const std::size_t item = samples.item();
  if (item >= kHttpStatuses.size()) return false;
  const std::uint64_t count = view.http_answers[item];
  if (item == 0 || count != 0) samples.add("{code=\"$\"} $\n", {std::uint64_t{kHttpStatuses[item]}, count});
  return true;
}

#ifdef MOTE_GZIP
// Of messages received, then of messages sent.
bool gzip(const MonitorView& view, Samples& samples, std::uint64_t GzipUse::*number) {
  const std::size_t item = samples.item();
  if (view.core.gzip == nullptr || item > 1) return false;
  const GzipUse& use = item == 0 ? view.core.inflated : view.core.deflated;
  samples.add("{direction=\"$\"} $\n", {std::string_view(item == 0 ? "received" : "sent"), use.*number});
  return true;
}
#endif

bool build_info(const MonitorView& view, Samples& samples) {
#ifdef MOTE_TLS
  constexpr std::string_view kFormat = "{program=\"$\",version=\"$\",tls=\"mbedtls\"} 1\n";
#else
  constexpr std::string_view kFormat = "{program=\"$\",version=\"$\",tls=\"none\"} 1\n";
#endif
  if (samples.item() != 0) return false;
  samples.add(kFormat, {view.program, view.version});
  return true;
}

bool resident(const MonitorView& view, Samples& samples) {
  const std::uint64_t bytes = samples.item() == 0 ? resident_bytes(view) : 0;
  return bytes != 0 && samples.one(bytes);
}

// Of write_item(). A program without TLS or gzip skips some.
constexpr std::uint32_t kFamilies = 26;

// Writes the samples of an item of a family, or none. False: there is no such item.
bool write_item(const MonitorView& view, std::uint32_t family, Samples& out) {
  switch (family) {
    case 0:
      return build_info(view, out.of("mote_build_info gauge The program; the value is always 1."));
    case 1:
      return out.of("mote_uptime_seconds gauge Time since the start.").one(" %\n", view.core.now - view.started);
    case 2:
      return out.of("process_start_time_seconds gauge Unix time of the start.")
          .one(" %\n", engine::wall_clock_us() - microseconds(view.core.now - view.started));
    case 3:
      return out.of("process_cpu_seconds_total counter CPU time, user and system.").one(" %\n", cpu_time());
    case 4:
      return resident(view, out.of("process_resident_memory_bytes gauge Resident memory (RSS)."));
    case 5:
      return out
          .of("mote_memory_worst_case_bytes gauge The most memory that the limits allow, the kernel's share "
              "included.")
          .one(engine::worst_case_bytes(view.core.limits, view.sizes));
    case 6:
      return out.of("mote_memory_budget_bytes gauge memory-budget: what the worst case may be.")
          .one(view.memory_budget);
    case 7:
      return limit_memory(view, out.of("mote_limit_memory_bytes gauge The part of a limit in the worst case."));
    case 8:
      return pools(view, out.of("mote_pool_capacity gauge How many of a resource there are; blocks have 1 KiB."),
                   &Pool::capacity);
    case 9:
      return pools(view, out.of("mote_pool_used gauge How many of a resource are in use."), &Pool::used);
    case 10:
      return out.of("mote_connections_opened_total counter Connections that were accepted.").one(view.loop.opened);
    case 11:
      return out.of("mote_received_bytes_total counter Bytes of HTTP/2 from clients; of TLS, the content.")
          .one(view.core.bytes_received);
    case 12:
      return out.of("mote_sent_bytes_total counter Bytes of HTTP/2 to clients; of TLS, the content.")
          .one(view.core.bytes_sent);
    case 13:
      return started(view, out.of("grpc_server_started_total counter Calls that began."));
    case 14:
      return handled(view, out.of("grpc_server_handled_total counter Calls that ended, by status code."));
    case 15:
      return times(view, out.of("grpc_server_handling_seconds histogram Time from the head of a call to its end."));
    case 16:
      return out.of("mote_loop_turns_total counter Turns of the event loop.").one(view.loop.turns);
    case 17:
      return out.of("mote_loop_longest_turn_seconds gauge The longest turn of the event loop since the start.")
          .one(" %\n", view.loop.longest_turn);
    case 18:
      return limits(view, out.of("mote_limit_reached_total counter How often a limit was reached."));
    case 19:
      return out.of("mote_log_lines_lost_total counter Log lines that standard error did not take.")
          .one(engine::log_gaps().lost);
    case 20:
      return http_answers(view, out.of("mote_http_requests_total counter Requests to this listener, by HTTP status."));
    case 21:
      return out.of("mote_draining gauge 1 while open calls are finished before the end.")
          .one(std::uint64_t{view.core.server.shutting_down ? 1U : 0U});
#ifdef MOTE_GZIP
    case 22:
      return gzip(view, out.of("mote_gzip_messages_total counter Messages that were compressed."), &GzipUse::messages);
    case 23:
      return gzip(view, out.of("mote_gzip_compressed_bytes_total counter Their bytes as they were sent."),
                  &GzipUse::compressed_bytes);
    case 24:
      return gzip(view, out.of("mote_gzip_plain_bytes_total counter Their bytes without compression."),
                  &GzipUse::plain_bytes);
#endif
#ifdef MOTE_TLS
    case 25:
      return view.tls != nullptr &&
             out.of("mote_tls_certificate_expiry_timestamp_seconds gauge Unix time at which tls-certificate expires.")
                 .one(std::uint64_t{view.tls->context->expires_at()});
#endif
    default:
      return false;
  }
}

}  // namespace

bool write_metrics(const MonitorView& view, Cursor& cursor, ByteWriter& out) {
  for (std::size_t steps = 0; steps < kMostItems && out.room() >= kMostItemBytes; ++steps) {
    if (cursor.part == kFamilies) return false;
    Samples samples(cursor, out);
    if (write_item(view, cursor.part, samples)) {
      ++cursor.item;
    } else {
      cursor = {.part = cursor.part + 1};
    }
  }
  return true;
}

}  // namespace mote::lean
