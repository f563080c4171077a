#include "engine/lean/monitor/monitor.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include "engine/lean/monitor/metrics.h"
#include "engine/lean/monitor/stats.h"
#include "engine/lean/peer.h"
#include "engine/limit_log.h"
#include "engine/log.h"
#include "http1/host.h"

namespace mote::lean {

namespace {

using engine::LimitId;

constexpr Time kAcceptPause = std::chrono::milliseconds(100);

constexpr auto kStatusPage = std::to_array<std::uint8_t>({
#include "status_page.inc"
});

// What a path has. False: nothing.
bool find_document(std::string_view path, Answer& answer) {
  if (path == "/") {
    answer.type = "text/html; charset=utf-8";
    answer.text = as_text(kStatusPage);
    answer.gzip = true;
  } else if (path == "/metrics") {
    answer.type = kMetricsType;
    answer.document = write_metrics;
  } else if (path == "/stats.json") {
    answer.type = kStatsType;
    answer.document = write_stats;
  } else {
    return false;
  }
  return true;
}

std::span<HttpConnection> make_connections(const Monitor::Parts& parts, HttpOwner& owner) {
  const engine::Limits& limits = parts.core.limits;
  const std::span<HttpConnection> places = parts.arena.take_array<HttpConnection>(limits.http_connections);
  const MutableBytes requests = parts.arena.take(std::size_t{limits.http_connections} * limits.http_request_bytes);
  const MutableBytes replies = parts.arena.take(std::size_t{limits.http_connections} * HttpConnection::kReplyBytes);
  // Written now, so that they are resident before the gateway is ready.
  std::fill(requests.begin(), requests.end(), std::uint8_t{1});
  std::fill(replies.begin(), replies.end(), std::uint8_t{1});
  for (std::size_t i = 0; i < places.size(); ++i) {
    new (&places[i])
        HttpConnection(parts.core, owner, requests.subspan(i * limits.http_request_bytes, limits.http_request_bytes),
                       replies.subspan(i * HttpConnection::kReplyBytes, HttpConnection::kReplyBytes));
  }
  return places;
}

}  // namespace

Monitor::Monitor(const MonitorSettings& settings, const Parts& parts)
    : core_(parts.core),
      refusals_(parts.arena.take_array<Refusal>(kRecentRefusals)),
      calls_(parts.core.server.services,
             parts.arena.take_array<MethodMetrics>(std::size_t{parts.core.limits.metrics_methods} + 1)),
      connections_(make_connections(parts, *this)),
      listener_(settings.address, parts.core.limits, static_cast<Acceptor&>(*this)),
      view_{.core = parts.core,
            .loop = parts.loop,
            .calls = calls_,
            .refusals = refusals_,
            .program = parts.program,
            .version = settings.version,
            .memory_budget = settings.memory_budget,
            .sizes = parts.sizes,
            .started = parts.core.now,
            .statm = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC),
            .web = parts.core.sites.on(),
#ifdef MOTE_TLS
            .tls = parts.tls,
            .handshakes = parts.tls == nullptr ? nullptr : &parts.tls->places
#endif
      } {
}

Monitor::~Monitor() {
  for (HttpConnection& connection : connections_)
    connection.close();
  if (view_.statm >= 0) ::close(view_.statm);
}

const char* Monitor::start() {
  return listener_.open(core_.poller);
}

void Monitor::drain() {
  listener_.close();
  core_.timers.disarm(*this);
  for (HttpConnection& connection : connections_)
    connection.drain();
}

bool Monitor::over() const {
  return std::ranges::all_of(connections_, [](const HttpConnection& connection) { return connection.over(); });
}

// --- Connections ---

void Monitor::accept(int descriptor, const engine::Address& peer, bool /*tls*/) {
  HttpConnection* place = free_place();
  if (place == nullptr) return refuse(descriptor, engine::AddressText(peer).view());
  place->open(descriptor);
}

HttpConnection* Monitor::free_place() {
  HttpConnection* best = nullptr;
  for (HttpConnection& one : connections_) {
    if (!one.used()) return &one;
    if (one.rests() && (best == nullptr || one.active_at() < best->active_at())) best = &one;
  }
  if (best == nullptr) return nullptr;
  if (!best->closing()) note_limit(LimitId::HttpConnections, best->peer().view());
  best->close();
  return best;
}

void Monitor::refuse(int descriptor, std::string_view peer) {
  note_limit(LimitId::HttpConnections, peer);
  count_answer(503);
  std::array<std::uint8_t, 256> buffer{};
  ByteWriter out(buffer);
  write_refusal(out);
  SocketStream socket(descriptor);
  socket.write(out.written());
  core_.closing_sockets.keep_new(core_, socket);
}

void Monitor::pause_accepting() {
  listener_.pause(core_.poller);
  core_.timers.arm(*this, core_.now + kAcceptPause);
}

// --- Requests ---

// The page at / is of the same origin.
bool Monitor::knows_origin(const http1::HttpRequest& request) const {
  return core_.sites.allows(request.origin) || http1::is_origin_of(request.origin, request.host);
}

// gRPC-Web (PROTOCOL-WEB.md): a call, or the question of a browser whether it may make one.
void Monitor::answer_call(const http1::HttpRequest& request, Answer& answer) const {
  if (request.verb == http1::Verb::Options) {
    answer.status = 204;
    answer.allow_origin = request.origin;
    answer.requested_fields = request.requested_fields;
    return;
  }
  const grpc_web::Format format = grpc_web::format_of(request.content_type);
  if (request.verb != http1::Verb::Post || format == grpc_web::Format::None) return;
  answer.status = 200;
  answer.call = true;
  answer.web = {.method = core_.server.services.find_method(request.path),
                .timeout = request.grpc_timeout,
                .fields = request.fields,
                .format = format};
  answer.allow_origin = request.origin;
}

Answer Monitor::answer(const HttpConnection& connection, const http1::HttpRequest& request) {
  Answer answer(200);
  const bool host_known = core_.sites.knows_host(request.host);
  if (!host_known || !knows_origin(request)) {
    engine::LogLine(engine::LogLevel::Warn, "http-refused")
        .field("peer", connection.peer().view())
        .field(host_known ? "origin" : "host", host_known ? request.origin : request.host);
    answer.status = host_known ? 403 : 421;
    return answer;
  }
  if (find_document(request.path, answer)) {
    const bool allowed = request.verb == http1::Verb::Get || request.verb == http1::Verb::Head;
    if (!allowed) answer = Answer(405);
    return answer;
  }
  answer.status = 404;
  if (core_.sites.on()) answer_call(request, answer);
  return answer;
}

void Monitor::note_limit(LimitId id, std::string_view peer) {
  const std::uint64_t count = core_.counters.add(id);
  if (engine::logs_limit(count)) engine::log_limit(id, count, peer);
  if (Refusal* const refusal = note_refusal(id)) refusal->peer.add(peer);
}

Refusal* Monitor::note_refusal(LimitId id) {
  const engine::LimitRow& row = engine::limit_row(id);
  return row.routine ? nullptr : refusals_.note(row.name, core_.now);
}

void Monitor::count_answer(std::uint16_t status) {
  const auto* const found = std::ranges::find(kHttpStatuses, status);
  if (found != kHttpStatuses.end()) ++view_.http_answers[static_cast<std::size_t>(found - kHttpStatuses.begin())];
}

const MonitorView& Monitor::view() const {
  view_.http_connections = static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const HttpConnection& one) { return one.used(); }));
  return view_;
}

}  // namespace mote::lean
