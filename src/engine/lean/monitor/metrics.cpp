#include "engine/lean/monitor/metrics.h"

#include <array>
#include <optional>

#include "bytes/text_pool.h"
#include "bytes/words.h"
#include "engine/clock.h"
#include "engine/lean/monitor/numbers.h"
#include "engine/log.h"

namespace mote::lean {

namespace {

enum class Family : std::uint8_t {
  BuildInfo,
  Uptime,
  StartTime,
  CpuTime,
  Resident,
  WorstCase,
  Budget,
  LimitMemory,
  PoolCapacity,
  PoolUsed,
  Opened,
  Received,
  Sent,
  Started,
  Handled,
  Times,
  Turns,
  LongestTurn,
  LimitReached,
  LinesLost,
  HttpRequests,
  Draining,
#ifdef MOTE_GZIP
  GzipMessages,
  GzipCompressed,
  GzipPlain,
#endif
#ifdef MOTE_TLS
  CertificateExpiry,
#endif
  End
};
constexpr auto kFamilies = static_cast<std::size_t>(Family::End);

// "NAME TYPE HELP" of each family.
using Abouts = TextTable<[] {
  NumberedTexts<kFamilies> all;
  const auto add = [&all](Family family, std::string_view about) { all.set(static_cast<std::size_t>(family), about); };
  add(Family::BuildInfo, "mote_build_info gauge The program; the value is always 1.");
  add(Family::Uptime, "mote_uptime_seconds gauge Time since the start.");
  add(Family::StartTime, "process_start_time_seconds gauge Unix time of the start.");
  add(Family::CpuTime, "process_cpu_seconds_total counter CPU time, user and system.");
  add(Family::Resident, "process_resident_memory_bytes gauge Resident memory (RSS).");
  add(Family::WorstCase,
      "mote_memory_worst_case_bytes gauge The most memory that the limits allow, the kernel's share included.");
  add(Family::Budget, "mote_memory_budget_bytes gauge memory-budget: what the worst case may be.");
  add(Family::LimitMemory, "mote_limit_memory_bytes gauge The part of a limit in the worst case.");
  add(Family::PoolCapacity, "mote_pool_capacity gauge How many of a resource there are; blocks have 1 KiB.");
  add(Family::PoolUsed, "mote_pool_used gauge How many of a resource are in use.");
  add(Family::Opened, "mote_connections_opened_total counter Connections that were accepted.");
  add(Family::Received, "mote_received_bytes_total counter Bytes of HTTP/2 from clients; of TLS, the content.");
  add(Family::Sent, "mote_sent_bytes_total counter Bytes of HTTP/2 to clients; of TLS, the content.");
  add(Family::Started, "grpc_server_started_total counter Calls that began.");
  add(Family::Handled, "grpc_server_handled_total counter Calls that ended, by status code.");
  add(Family::Times, "grpc_server_handling_seconds histogram Time from the head of a call to its end.");
  add(Family::Turns, "mote_loop_turns_total counter Turns of the event loop.");
  add(Family::LongestTurn, "mote_loop_longest_turn_seconds gauge The longest turn of the event loop since the start.");
  add(Family::LimitReached, "mote_limit_reached_total counter How often a limit was reached.");
  add(Family::LinesLost, "mote_log_lines_lost_total counter Log lines that standard error did not take.");
  add(Family::HttpRequests, "mote_http_requests_total counter Requests to this listener, by HTTP status.");
  add(Family::Draining, "mote_draining gauge 1 while open calls are finished before the end.");
#ifdef MOTE_GZIP
  add(Family::GzipMessages, "mote_gzip_messages_total counter Messages that were compressed.");
  add(Family::GzipCompressed, "mote_gzip_compressed_bytes_total counter Their bytes as they were sent.");
  add(Family::GzipPlain, "mote_gzip_plain_bytes_total counter Their bytes without compression.");
#endif
#ifdef MOTE_TLS
  add(Family::CertificateExpiry,
      "mote_tls_certificate_expiry_timestamp_seconds gauge Unix time at which tls-certificate expires.");
#endif
  return all;
}>;

// Writes samples of one family. The lines about the family come before its first sample.
class Samples {
 public:
  Samples(Family family, Cursor& cursor, ByteWriter& out) : cursor_(cursor), out_(out), family_(family) {}

  [[nodiscard]] std::size_t item() const { return cursor_.item; }

  // What follows the name of the family, as in print().
  void add(std::string_view format, std::initializer_list<Shown> values);
  // The same with the labels of a method. `more` are further labels.
  void add(std::string_view suffix, const MethodMetrics& row, std::string_view more,
           std::initializer_list<Shown> values);

 private:
  void begin();

  Cursor& cursor_;
  ByteWriter& out_;
  Family family_;
};

void Samples::begin() {
  std::string_view help = Abouts::at(static_cast<std::size_t>(family_));
  const std::string_view name = take_word(help);
  const std::string_view type = take_word(help);
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

// What no limit changes comes last.
bool limit_memory(const MonitorView& view, Samples& samples) {
  constexpr std::string_view kFormat = "{limit=\"$\"} $\n";
  const auto table = engine::limit_table();
  const std::size_t item = samples.item();
  if (item == table.size()) {
    samples.add(kFormat, {"fixed", std::uint64_t{engine::fixed_bytes(view.core.limits, view.sizes)}});
    return false;
  }
  const engine::LimitRow& row = table[item];
  const std::uint64_t bytes = row.cost_of(view.core.limits, view.sizes).bytes();
  if (bytes != 0) samples.add(kFormat, {row.name.view(), bytes});
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

void build_info(const MonitorView& view, Samples& samples) {
#ifdef MOTE_TLS
  constexpr std::string_view kFormat = "{program=\"$\",version=\"$\",tls=\"mbedtls\"} 1\n";
#else
  constexpr std::string_view kFormat = "{program=\"$\",version=\"$\",tls=\"none\"} 1\n";
#endif
  samples.add(kFormat, {view.program, view.version});
}

constexpr bool in_seconds(Family family) {
  return family == Family::Uptime || family == Family::StartTime || family == Family::CpuTime ||
         family == Family::LongestTurn;
}

// Of a family with one sample; times in microseconds. Nothing if it is unknown.
std::optional<std::uint64_t> only_value(const MonitorView& view, Family family) {
  switch (family) {
    case Family::Uptime:
      return microseconds(view.core.now - view.started);
    case Family::StartTime:
      return engine::wall_clock_us() - microseconds(view.core.now - view.started);
    case Family::CpuTime:
      return microseconds(cpu_time());
    case Family::Resident: {
      const std::uint64_t bytes = resident_bytes(view);
      return bytes == 0 ? std::nullopt : std::optional(bytes);
    }
    case Family::WorstCase:
      return engine::worst_case_bytes(view.core.limits, view.sizes);
    case Family::Budget:
      return view.memory_budget;
    case Family::Opened:
      return view.loop.opened;
    case Family::Received:
      return view.core.bytes_received;
    case Family::Sent:
      return view.core.bytes_sent;
    case Family::Turns:
      return view.loop.turns;
    case Family::LongestTurn:
      return microseconds(view.loop.longest_turn);
    case Family::LinesLost:
      return engine::log_gaps().lost;
    case Family::Draining:
      return std::uint64_t{view.core.server.shutting_down ? 1U : 0U};
#ifdef MOTE_TLS
    case Family::CertificateExpiry:
      if (view.tls == nullptr) return std::nullopt;
      return std::uint64_t{view.tls->context->expires_at()};
#endif
    default:
      return std::nullopt;
  }
}

void only_sample(const MonitorView& view, Family family, Samples& samples) {
  const std::optional<std::uint64_t> value = only_value(view, family);
  if (value) samples.add(in_seconds(family) ? " %\n" : " $\n", {*value});
}

// Writes the samples of an item of a family, or none. False: there are no more items.
bool write_item(const MonitorView& view, Family family, Samples& out) {
  switch (family) {
    case Family::BuildInfo:
      build_info(view, out);
      return false;
    case Family::LimitMemory:
      return limit_memory(view, out);
    case Family::PoolCapacity:
      return pools(view, out, &Pool::capacity);
    case Family::PoolUsed:
      return pools(view, out, &Pool::used);
    case Family::Started:
      return started(view, out);
    case Family::Handled:
      return handled(view, out);
    case Family::Times:
      return times(view, out);
    case Family::LimitReached:
      return limits(view, out);
    case Family::HttpRequests:
      return http_answers(view, out);
#ifdef MOTE_GZIP
    case Family::GzipMessages:
      return gzip(view, out, &GzipUse::messages);
    case Family::GzipCompressed:
      return gzip(view, out, &GzipUse::compressed_bytes);
    case Family::GzipPlain:
      return gzip(view, out, &GzipUse::plain_bytes);
#endif
    default:
      only_sample(view, family, out);
      return false;
  }
}

}  // namespace

bool write_metrics(const MonitorView& view, Cursor& cursor, ByteWriter& out) {
  for (std::size_t steps = 0; steps < kMostItems && out.room() >= kMostItemBytes; ++steps) {
    if (cursor.part == kFamilies) return false;
    const auto family = static_cast<Family>(cursor.part);
    Samples samples(family, cursor, out);
    if (write_item(view, family, samples)) {
      ++cursor.item;
    } else {
      cursor = {.part = cursor.part + 1};
    }
  }
  return true;
}

}  // namespace mote::lean
