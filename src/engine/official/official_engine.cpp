#include "engine/official/official_engine.h"

#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "engine/clock.h"
#include "engine/limit_log.h"
#include "engine/listening_socket.h"
#include "engine/log.h"
#include "engine/official/channel_arguments.h"
#include "engine/official/kept_limits.h"
#include "engine/official/official_signals.h"
#include "engine/reload.h"

namespace mote::official {

namespace {

using engine::LimitId;
using engine::LogLevel;
using engine::LogLine;

// The longest wait for an event before the flags of signals are checked.
constexpr rpc::Time kSignalWait = std::chrono::milliseconds(200);
// The intervals of checks that no event triggers: peers that do not read, and memory to return to the kernel.
constexpr rpc::Time kCheckInterval = std::chrono::seconds(1);
constexpr rpc::Time kTrimInterval = std::chrono::seconds(10);
// The time for clients to close their connections after the last call of a drain. The library would wait 20 s for each client
// that does not answer its PING.
constexpr rpc::Time kLinger = std::chrono::seconds(3);

gpr_timespec in(rpc::Time wait) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(wait.count(), GPR_TIMESPAN));
}

void set_port(engine::Address& address, int port) {
  const auto number = htons(static_cast<std::uint16_t>(port));
  if (address.family() == AF_INET) reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = number;
  if (address.family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = number;
}

}  // namespace

OfficialEngine::OfficialEngine(const engine::Limits& limits, const rpc::ServiceTable& services, engine::Host& host)
    : limits_(limits), host_(host), core_{.limits = limits_, .server = {.services = services}} {
}

OfficialEngine::~OfficialEngine() = default;

// --- Start ---

std::string OfficialEngine::start(std::span<const engine::Address> addresses, std::span<const int> sockets,
                                  std::span<const engine::AddressPrefix> trusted_proxies) {
  if (!trusted_proxies.empty()) {
    LogLine(LogLevel::Warn, "limit-has-no-effect", engine::LogRate::Operator)
        .field("name", "trusted-proxy")
        .field("reason", "The library does not count peers by address and does not know the PROXY protocol.");
  }
  if (!sockets.empty()) {
    return "the gRPC library does not accept sockets of the service manager: start without a socket unit, or use "
           "the lean engine";
  }
  prepare_process();
  // The library stops listening when descriptors run out.
  std::string error = engine::reserve_descriptors(limits_.max_connections);
  if (!error.empty()) return error;
  error = listen(addresses);
  if (!error.empty()) return error;
  log_limits_without_effect(limits_);
  catch_signals();
  core_.now = engine::steady_clock();
  service_loop_.set_now(core_.now);
  if (const char* const failed = core_.server.services.start(service_loop_)) return failed;
  if (!service_thread_.start(service_loop_.descriptor(), *queue_))
    return "cannot watch the descriptors of the services";
  core_.request_call();
  return {};
}

std::string OfficialEngine::listen(std::span<const engine::Address> addresses) {
  // The library does not report why it cannot listen, and takes over a Unix socket that another process listens on. So all
  // addresses are tried first.
  {
    std::vector<std::unique_ptr<engine::ListeningSocket>> tried;
    for (const engine::Address& address : addresses) {
      tried.push_back(std::make_unique<engine::ListeningSocket>(address, limits_.listen_backlog));
      if (const char* failed = tried.back()->open(&limits_)) return engine::cannot_listen(failed, address, errno);
      // The library cannot wait for an address.
      if (tried.back()->awaits_address()) return engine::cannot_listen("listen on", address, EADDRNOTAVAIL);
    }
  }
  ::grpc::ServerBuilder builder;
  apply(limits_, builder);
  queue_ = builder.AddCompletionQueue();
  core_.queue = queue_.get();
  builder.RegisterAsyncGenericService(&core_.service);
  std::vector<int> ports(addresses.size());
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    builder.AddListeningPort(std::string(engine::AddressText(addresses[i]).view()), ::grpc::InsecureServerCredentials(),
                             &ports[i]);
  }
  server_ = builder.BuildAndStart();
  if (server_ == nullptr)
    return "the gRPC library does not start: set GRPC_VERBOSITY=ERROR in the environment to log the reason";
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    addresses_.push_back(addresses[i]);
    set_port(addresses_.back(), ports[i]);
  }
  return {};
}

// --- Serving ---

void OfficialEngine::run() {
  void* tag = nullptr;
  bool ok = false;
  host_.on_settled();
  if (host_.alive_interval() != rpc::Time::zero()) alive_due_ = core_.now;
  using Status = ::grpc::CompletionQueue::NextStatus;
  for (Status status = Status::TIMEOUT; status != Status::SHUTDOWN;) {
    status = queue_->AsyncNext(&tag, &ok, in(wait()));
    core_.now = engine::steady_clock();
    service_loop_.set_now(core_.now);
    service_loop_.run_timers();
    if (status == Status::GOT_EVENT) {
      quiet_ = false;
      static_cast<Event*>(tag)->on_event(ok);
    }
    // Only when the queue is empty: calls that have already arrived would be refused.
    if (status == Status::TIMEOUT && stop_asked() && !core_.server.shutting_down) drain();
    if (core_.now >= next_check_) run_checks();
    if (core_.now < alive_due_) continue;
    alive_due_ = core_.now + host_.alive_interval();
    host_.on_alive(load());
  }
  server_.reset();
}

// Until a timer of a service, and not longer than signals may wait.
rpc::Time OfficialEngine::wait() const {
  const rpc::Time due = service_loop_.next_due();
  return due == rpc::Time::max() ? kSignalWait : std::clamp(due - core_.now, rpc::Time(0), kSignalWait);
}

void OfficialEngine::on_service_ready(bool /*ok*/) {
  service_loop_.dispatch();
  service_thread_.resume();
}

void OfficialEngine::run_checks() {
  next_check_ = core_.now + kCheckInterval;
  if (core_.now >= engine::log_gaps_due()) engine::report_log_gaps(core_.now);
  if (take_report_asked()) report();
  if (take_reload_asked()) reload();
  for (OfficialCall& call : core_.calls)
    call.check_times();
  if (core_.server.shutting_down) hurry();
  // Under a load that keeps the queue busy, the second check that finds the request stops the engine.
  if (std::exchange(stop_seen_, stop_asked()) && !core_.server.shutting_down) drain();
  // The library frees memory without notification, so the amount of free memory is unknown.
  if (quiet_ && core_.now >= next_trim_) {
    next_trim_ = core_.now + kTrimInterval;
    trim_memory();
  }
  quiet_ = true;
}

void OfficialEngine::hurry() {
  if (core_.open != 0) last_call_at_ = core_.now;
  if (core_.now - last_call_at_ >= kLinger) grpc_server_cancel_all_calls(server_->c_server());
}

engine::Load OfficialEngine::load() const {
  return {.connections = std::nullopt, .calls = core_.open};
}

// Limits that the library enforces do not change after the start.
void OfficialEngine::reload() {
  std::optional<engine::Reload> reload = host_.on_reload({});
  if (!reload) return;
  engine::Limits& wanted = reload->limits;
  for (const engine::LimitRow& row : engine::limit_table()) {
    if (kept(row.id).keeper != Keeper::Library || row.get(wanted) == row.get(limits_)) continue;
    LogLine(LogLevel::Warn, "limit-needs-restart", engine::LogRate::Operator)
        .field("name", row.name)
        .field("value", row.get(wanted));
    row.set(wanted, static_cast<std::uint32_t>(row.get(limits_)));
  }
  engine::take_reloadable(limits_, wanted);
}

void OfficialEngine::report() const {
  engine::report_limits(core_.counters);
  LogLine(LogLevel::Info, "open", engine::LogRate::Operator)
      .field("calls", core_.open)
      .field("held_bytes", core_.held_bytes);
}

// --- The end ---

void OfficialEngine::drain() {
  LogLine(LogLevel::Info, "drain", engine::LogRate::Operator).field("calls", core_.open);
  host_.on_drain(load(), limits_.drain);
  core_.server.shutting_down = true;
  for (OfficialCall& call : core_.calls)
    call.ready();
  server_over_.emplace();
  last_call_at_ = core_.now;
  drain_until_ = core_.now + limits_.drain;
  const gpr_timespec until = in(limits_.drain);
  shutdown_ = std::thread([this, until] {
    server_->Shutdown(until);
    server_over_->Set(queue_.get(), gpr_now(GPR_CLOCK_MONOTONIC), &server_over_event_);
  });
}

void OfficialEngine::on_server_over(bool /*ok*/) {
  shutdown_.join();
  service_thread_.stop();
  queue_->Shutdown();
  if (core_.now < drain_until_) return;
  core_.note_limit(LimitId::Drain, {});
  LogLine(LogLevel::Warn, "drain-cut-short", engine::LogRate::Operator);
}

}  // namespace mote::official
