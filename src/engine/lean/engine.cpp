#include "engine/lean/engine.h"

#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/clock.h"
#include "engine/concat.h"
#include "engine/lean/admission.h"
#include "engine/lean/over_share.h"
#include "engine/lean/peer.h"
#include "engine/lean/poison.h"
#include "engine/limit_log.h"
#include "engine/log.h"
#include "engine/refusals.h"
#include "engine/reload.h"
#include "engine/socket_buffers.h"
#ifdef MOTE_TLS
#include "tls/memory.h"
#endif

namespace mote::lean {

namespace {

using engine::LimitId;
using engine::LogLevel;
using engine::LogLine;

// A large block holds the largest header field, which must be contiguous.
constexpr std::size_t kBlockBytes = BlockPool::kLargeBytes;
constexpr std::size_t kOtherTimers = 1 + engine::kClosingSockets;
constexpr std::size_t kPointerBytes = sizeof(void*);
// Bytes that the arrays in the arena may lose to alignment.
constexpr std::size_t kArenaSlackBytes = 16 * alignof(std::max_align_t);
// The kernel's objects of a connection: TCP socket 2.5 KiB, file, inode and directory entry 1 KiB, the rest for epoll.
constexpr std::size_t kSocketBytes = 4096;
constexpr Time kAcceptPause = std::chrono::milliseconds(100);
// The first calls come soon after the start, and need pages of code that the start has used too.
constexpr Time kSettleTime = std::chrono::milliseconds(100);
// An address above its quarter may replace a connection of its own that has been without calls for this long.
constexpr Time kOwnIdle = std::chrono::seconds(10);

// From the 16 random bytes that the kernel gives to each program, so that no system call can fail.
std::uint64_t secret_number() {
  std::array<std::uint64_t, 2> random{};
  std::memcpy(random.data(), reinterpret_cast<const void*>(::getauxval(AT_RANDOM)), sizeof(random));
  return random[0] ^ std::rotl(random[1], 32);
}

}  // namespace

engine::EngineSizes sizes() {
  return {.connection = sizeof(Connection) + kPointerBytes + HeaderTables::kConnectionBytes,
          .call = sizeof(CallTable::Slot) + kPointerBytes + 2 * kPointerBytes,
          .address = sizeof(AddressRow) + 2 * kPointerBytes,
          .block = kBlockBytes,
          .block_overhead = sizeof(BlockPool::Page),
#ifdef MOTE_TLS
          .tls_connection = sizeof(TlsConnection) + tls::kConnectionPoolBytes,
          .tls_handshake = tls::record_place_bytes() + tls::kHandshakePoolBytes,
          // Two versions of Access.
          .tls_fixed = TlsShared::buffer_bytes() + tls::kStepPoolBytes + 2 * tls::kContextPoolBytes,
#endif
          .http_connection = Monitor::kConnectionBytes,
          .metrics_method = Monitor::kMethodBytes,
          .http_fixed = Monitor::kFixedBytes,
#ifdef MOTE_GZIP
          .gzip_fixed = gzip::Gzip::kMemoryBytes,
#endif
          .socket = kSocketBytes,
          .large_socket = kPointerBytes,
          .large_window = sizeof(LargeWindows::Place),
          .socket_factor = 2,
          .fixed = kComposeBytes + kOtherTimers * kPointerBytes + engine::kClosingSockets * sizeof(ClosingSocket) +
                   kArenaSlackBytes};
}

Engine::Engine(const engine::Limits& limits, const rpc::ServiceTable& services, engine::Host& host)
    : limits_(limits), services_(services), host_(host), signals_(*this) {
}

Engine::~Engine() {
  if (core_) core_->closing_sockets.close();
}

std::string Engine::start(std::span<const engine::Address> addresses, std::span<const int> sockets,
                          std::span<const engine::AddressPrefix> trusted_proxies) {
  trusted_proxies_.assign(trusted_proxies.begin(), trusted_proxies.end());
  // max-connections holds only if the kernel has a descriptor for each connection.
  const std::uint32_t monitored = limits_.http ? limits_.http_connections + 2 : 0;  // With its listener and a file.
  std::string error = engine::reserve_descriptors(limits_.max_connections + limits_.reserved_connections + monitored);
  if (!error.empty()) return error;
  if (!poller_.valid() || !signals_.open(poller_))
    return engine::concat({"cannot set up epoll: ", std::strerror(errno)});
  take_memory();
  if (!arena_->valid()) return "the kernel refuses the memory that the limits need: lower buffer-bytes";
#ifdef MOTE_TLS
  error = start_access();
  if (!error.empty()) return error;
#endif
  if (http_.monitor) {
    error = start_monitor();
    if (!error.empty()) return error;
  }
  if (const char* const failed = service_loop_.start(services_, poller_, core_->now)) return failed;
  return open_listeners(addresses, sockets);
}

void Engine::take_memory() {
  const engine::EngineSizes& sizes = sizes_;
  engine::EngineSizes own = sizes;  // Without what the kernel holds.
  own.socket = 0;
  own.socket_factor = 0;
  arena_.emplace(engine::worst_case_bytes(limits_, own));
  if (!arena_->valid()) return;
  const std::size_t blocks = (limits_.buffer_bytes + sizes.block - 1) / sizes.block;
  const std::size_t connections = std::size_t{limits_.max_connections} + limits_.reserved_connections;
  const std::size_t calls = std::size_t{limits_.max_streams} + limits_.reserved_streams;
  const std::size_t http = limits_.http ? std::size_t{limits_.http_connections} + 1 : 0;
  tables_.emplace(HeaderTables::Memory{
      .reserves = arena_->take(connections * HeaderTables::kReserveBytes),  // First: the arena begins at a page.
      .small = arena_->take(connections * HeaderTables::kSmallBytes),
      .pages = arena_->take_array<HeaderTables::Page>(connections),
      .page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)),
  });
  slots_ = arena_->take_array<ConnectionSlot>(connections);
  addresses_.emplace(limits_, arena_->take_array<AddressRow>(limits_.max_addresses),
                     arena_->take_array<AddressRow*>(std::bit_ceil(limits_.max_addresses)), secret_number());
  core_.emplace(Core{
      .limits = limits_,
      .http2_limits = http2_limits(limits_),
      .server = {.services = services_},
      .health_check = services_.find_method(engine::kHealthCheckPath),
      .addresses = *addresses_,
      .blocks = BlockPool(arena_->take_array<BlockPool::Page>(blocks), arena_->take(blocks * kBlockBytes)),
      .blocks_aside = pool_aside(limits_, *addresses_),
      .calls = CallTable(arena_->take_array<CallTable::Slot>(calls),
                         arena_->take_array<StreamCall*>(std::bit_ceil(calls)), secret_number()),
      .large_sockets = LargeSockets(arena_->take_array<Connection*>(limits_.large_sockets), limits_),
      .large_windows = LargeWindows(arena_->take_array<LargeWindows::Place>(limits_.large_windows)),
      .closing_sockets = ClosingSockets(arena_->take_array<ClosingSocket>(engine::kClosingSockets)),
      .timers = TimerHeap(arena_->take_array<Timer*>(connections + calls + kOtherTimers + http)),
      .poller = poller_,
      .owner = *this,
      .receive_buffer = arena_->take(limits_.receive_bytes),
      .send_buffer = arena_->take(limits_.send_bytes),
      .scratch = arena_->take(limits_.max_header_bytes),
      .compose_buffer = arena_->take(kComposeBytes),
      .now = engine::steady_clock(),
      .page = ServicePage(host_.name(), services_),
      .sites = http_.sites,
  });
#ifdef MOTE_GZIP
  if (limits_.gzip) core_->gzip = &gzip_.emplace(arena_->take(gzip::Gzip::kMemoryBytes));
#endif
}

std::string Engine::start_monitor() {
  monitor_.emplace(*http_.monitor, Monitor::Parts{.core = *core_,
                                                  .arena = *arena_,
                                                  .loop = loop_,
                                                  .sizes = sizes_,
                                                  .program = host_.name(),
#ifdef MOTE_TLS
                                                  .tls = tls_ ? &*tls_ : nullptr
#endif
                                   });
  core_->call_metrics = &monitor_->calls();
  const char* const failed = monitor_->start();
  return failed == nullptr ? std::string() : engine::cannot_listen(failed, monitor_->address(), errno);
}

std::string Engine::open_listeners(std::span<const engine::Address> addresses, std::span<const int> sockets) {
  for (const int socket : sockets)
    listeners_.push_back(std::make_unique<Listener>(socket, limits_, static_cast<Acceptor&>(*this)));
  for (const engine::Address& address : addresses)
    listeners_.push_back(std::make_unique<Listener>(address, limits_, static_cast<Acceptor&>(*this)));
  for (const auto& listener : listeners_) {
    if (const char* failed = listener->open(poller_)) return engine::cannot_listen(failed, listener->address(), errno);
    if (!listener->awaits_address()) continue;
    engine::LogLine(engine::LogLevel::Warn, "address-missing", engine::LogRate::Operator)
        .field("address", engine::AddressText(listener->address()).view())
        .field("effect", "connections arrive when an interface has it");
  }
  return {};
}

std::vector<engine::Address> Engine::addresses() const {
  std::vector<engine::Address> addresses;
  for (const auto& listener : listeners_)
    addresses.push_back(listener->address());
  return addresses;
}

void Engine::run() {
  std::array<epoll_event, 64> events{};
  alive_interval_ = host_.alive_interval();
  if (alive_interval_ != Time::zero()) alive_due_ = core_->now;
  settled_due_ = core_->now + kSettleTime;
  while (!over()) {
    const std::span<const epoll_event> ready = poller_.wait(events, timeout_ms());
    [[maybe_unused]] const Time before = std::exchange(core_->now, engine::steady_clock());
#ifdef MOTE_TLS
    if (tls_) tls_->begin_turn(core_->now - before, core_->bytes_received + core_->bytes_sent);
#endif
    const Time cpu = measures_cpu_ ? engine::processor_time() : kNever;
    service_loop_.set_now(core_->now);
    // turn-bytes and its like bound what one connection takes alone; that needs no second look at the clock.
    const bool several = ready.size() > 1 || core_->again != nullptr;
    pending_ = std::span(events).first(ready.size());
    run_again(*core_);
    for (const epoll_event& event : pending_) {
      if (event.data.ptr != nullptr) static_cast<Pollable*>(event.data.ptr)->on_events(event.events);
    }
    pending_ = {};
    if (std::exchange(drain_asked_, false)) drain();
    service_loop_.run_timers();
    core_->timers.run(core_->now);
#ifdef MOTE_TLS
    if (reload_waits_) on_reload_signal();
    if (core_->now >= certificate_due_) report_certificate();
#endif
    admit_messages(*core_);
    over_share_due_ = end_over_share(*core_);
    if (cpu != kNever) loop_.longest_turn_cpu = std::max(loop_.longest_turn_cpu, engine::processor_time() - cpu);
    if (several || monitor_) end_turn();
    report_due();
  }
  if (loop_.connections == 0) return;
  note_limit(LimitId::Drain, {});
  LogLine(LogLevel::Warn, "drain-cut-short", engine::LogRate::Operator).field("calls", core_->calls.open_count());
}

void Engine::end_turn() {
  const Time time = engine::steady_clock() - core_->now;
  loop_.longest_turn = std::max(loop_.longest_turn, time);
  ++loop_.turns;
  if (monitor_) monitor_->calls().end_turn(time);
}

bool Engine::over() const {
  return drain_until_ != kNever &&
         ((loop_.connections == 0 && (!monitor_ || monitor_->over())) || core_->now >= drain_until_);
}

int Engine::timeout_ms() const {
  if (core_->again != nullptr) return 0;
  Time due = std::min({core_->timers.next_due(), service_loop_.next_due(), drain_until_, alive_due_, settled_due_,
                       over_share_due_, engine::log_gaps_due()});
#ifdef MOTE_TLS
  due = std::min(due, certificate_due_);
#endif
  if (due == kNever) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(due - core_->now);
  return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 60'000));
}

// Called only at the end of a whole turn, so that a loop that hangs sends no watchdog signal.
void Engine::report_due() {
  if (core_->now >= alive_due_) {
    alive_due_ = core_->now + alive_interval_;
    host_.on_alive(load());
  }
  if (core_->now >= settled_due_) {
    settled_due_ = kNever;
    host_.on_settled();
  }
  if (core_->now >= engine::log_gaps_due()) engine::report_log_gaps(core_->now);
}

engine::Load Engine::load() const {
  return {.connections = loop_.connections, .calls = core_->calls.open_count()};
}

// --- Connections ---

void Engine::accept(int descriptor, const engine::Address& peer, [[maybe_unused]] bool tls) {
  const AddressKey key = key_of_peer(descriptor, peer);
  const bool trusted = trusts(peer);
  const engine::AddressText text(peer);
  AddressRow* address = admit_connection(key, trusted, text.view());
  if (address == nullptr) return refuse(descriptor, text.view());
  ConnectionSlot* slot = free_slots_;
  if (slot != nullptr) {
    unpoison(slot, sizeof(ConnectionSlot));
    free_slots_ = slot->next;
  } else {
    slot = &slots_[slots_used_++];
  }
  const auto index = static_cast<std::size_t>(slot - slots_.data());
  const HeaderTables::Parts table = tables_->open(index);
  auto* connection =
      new (&slot->connection) Connection(*core_, *address, descriptor, index, table.table, table.reserve);
  ++loop_.connections;
  ++loop_.opened;
  if (trusted) connection->expect_proxy_header();
  connection->on_unix_socket = key.kind == AddressKey::Kind::User;
  if (connection->on_unix_socket) ++loop_.unix_connections;
  if (loop_.connections > limits_.max_connections) note_limit(LimitId::ReservedConnections, text.view());
  LogLine(LogLevel::Debug, "connection-opened").field("peer", text.view());
#ifdef MOTE_TLS
  if (tls) connection->expect_tls(*tls_, &tls_connections_[index]);
  connection->serves_web = tls && http_.sites.on();
#endif
  if (!connection->start()) close(*connection);
}

AddressRow* Engine::admit_connection(const AddressKey& key, bool trusted, std::string_view peer) {
  AddressTable& addresses = core_->addresses;
  const AddressRow* known = trusted ? nullptr : addresses.find(key);
  const std::size_t held = known == nullptr ? 0 : known->connection_count;
  const Resource& connections = addresses.connections();
  if (held >= connections.most) {
    note_limit(LimitId::MaxConnectionsPerAddress, peer);
    return nullptr;
  }
  if (free_connections(key) == 0) {
    Connection* idle = connection_to_close(key, held);
    note_limit(idle == nullptr ? LimitId::MaxConnections : LimitId::MaxConnectionsPerAddress, peer);
    if (idle == nullptr) return nullptr;
    idle->close_for_others();
  }
  AddressRow& row = trusted ? addresses.exempt_row() : addresses.row(key);
  if (&row == &addresses.shared_row()) note_limit(LimitId::MaxAddresses, peer);
  return &row;
}

bool Engine::trusts(const engine::Address& peer) const {
  return std::ranges::any_of(trusted_proxies_,
                             [&](const engine::AddressPrefix& prefix) { return prefix.contains(peer); });
}

// reserved-connections are for Unix sockets.
std::size_t Engine::free_connections(const AddressKey& key) const {
  const std::size_t free = slots_.size() - loop_.connections;
  if (key.kind == AddressKey::Kind::User) return free;
  const std::size_t reserved =
      limits_.reserved_connections - std::min<std::size_t>(loop_.unix_connections, limits_.reserved_connections);
  return free - std::min(free, reserved);
}

// The connection that makes room for one of an address that holds `held`; nullptr if none has to.
Connection* Engine::connection_to_close(const AddressKey& key, std::size_t held) {
  AddressTable& addresses = core_->addresses;
  const Resource& connections = addresses.connections();
  AddressRow* own = addresses.find(key);
  const bool within = held < connections.quarter();
  AddressRow* above = within ? addresses.above_share(connections, &AddressRow::connection_count) : own;
  Connection* longest = nullptr;
  const auto compare = [&](const AddressRow& row) {
    IdlePlace* first = row.connections.first();
    if (first == nullptr) return;
    Connection& of_row = connection_of(*first);
    if (longest == nullptr || of_row.idle_longer_than(*longest)) longest = &of_row;
  };
  if (above != nullptr) {
    compare(*above);
  } else {
    addresses.each_row(compare);
  }
  if (longest == nullptr || (within && above != nullptr)) return longest;
  return longest->idle_for(within ? Time::zero() : kOwnIdle) ? longest : nullptr;
}

void Engine::close(Connection& connection) {
  for (epoll_event& event : pending_) {
    if (event.data.ptr == static_cast<Pollable*>(&connection)) event.data.ptr = nullptr;
  }
  --loop_.connections;
  if (connection.on_unix_socket) --loop_.unix_connections;
  remove_from_again_list(*core_, connection);
  const std::size_t index = connection.index();
  const bool reserve_used = connection.http2().table_in_reserve();
  std::destroy_at(&connection);
  tables_->close(index, reserve_used);
  auto* slot = new (&connection) ConnectionSlot;
  slot->next = free_slots_;
  free_slots_ = slot;
  poison(slot, sizeof(ConnectionSlot));
}

void Engine::refuse(int descriptor, std::string_view peer) {
  constexpr std::string_view kReason = "too many connections";
  LogLine(LogLevel::Warn, "connection-refused").field("peer", peer).field("reason", kReason);
  std::array<std::uint8_t, 64> buffer{};
  ByteWriter out(buffer);
  http2::write_settings(out, {});
  http2::write_goaway(out, 0, http2::ErrorCode::EnhanceYourCalm, kReason);
  SocketStream socket(descriptor);
  socket.write(out.written());
  core_->closing_sockets.keep_new(*core_, socket);
  if (socket.descriptor() < 0) return;
  // The same in short: bytes that are unread at the close would reset it, and the GOAWAY would be lost.
  std::array<std::uint8_t, 512> unread{};
  socket.read(unread);
}

void Engine::pause_accepting() {
  LogLine(LogLevel::Error, "accept-failed").field("errno", static_cast<std::uint64_t>(errno));
  for (const auto& listener : listeners_)
    listener->pause(poller_);
  core_->timers.arm(*this, core_->now + kAcceptPause);
}

void Engine::on_backlog_full() {
  note_limit(LimitId::ListenBacklog, {});
}

void Engine::note_limit(LimitId id, std::string_view peer) {
  const std::uint64_t count = core_->counters.add(id);
  if (engine::logs_limit(count)) engine::log_limit(id, count, peer);
  Refusal* const refusal = monitor_ ? monitor_->note_refusal(id) : nullptr;
  if (refusal != nullptr) refusal->peer.add(peer);
}

void Engine::on_limit_reached(LimitId id, const Connection& connection) {
  Refusal* const refusal = monitor_ ? monitor_->note_refusal(id) : nullptr;
  if (refusal != nullptr) refusal->peer.add(connection.peer().view());
}

void Engine::on_due() {
  for (const auto& listener : listeners_)
    listener->resume(poller_);
}

// --- Signals ---

void Engine::on_stop_signal(int number) {
  constexpr int kKilledBySignal = 128;
  if (drain_until_ != kNever) ::_exit(kKilledBySignal + number);
  LogLine(LogLevel::Info, "drain", engine::LogRate::Operator)
      .field("connections", loop_.connections)
      .field("calls", core_->calls.open_count());
  drain_until_ = core_->now + limits_.drain;
  drain_asked_ = true;
  host_.on_drain(load(), limits_.drain);
}

void Engine::on_reload_signal() {
#ifdef MOTE_TLS
  const MutableBytes spare = access_.spare();
  reload_waits_ = spare.empty() && limits_.access_bytes != 0;
  if (reload_waits_) return;
  const std::optional<engine::Reload> wanted = host_.on_reload(spare);
#else
  const std::optional<engine::Reload> wanted = host_.on_reload({});
#endif
  if (!wanted) return;
  engine::take_reloadable(limits_, wanted->limits);
  core_->http2_limits = http2_limits(limits_);
#ifdef MOTE_TLS
  if (limits_.access_bytes != 0) take_access(wanted->access);
#endif
}

void Engine::drain() {
  for (const auto& listener : listeners_) {
    listener->on_events(EPOLLIN);  // Connections that wait would be reset, and their clients would not know why.
    listener->close();
  }
  core_->server.shutting_down = true;
  if (monitor_) monitor_->drain();
  core_->addresses.each_row([](const AddressRow& row) {
    for (IdlePlace* place = row.connections.first(); place != nullptr;) {
      IdlePlace* next = row.connections.after(*place);
      connection_of(*place).drain();
      place = next;
    }
  });
}

void Engine::on_report_signal() {
  engine::report_limits(core_->counters);
  const auto longest_us = static_cast<std::uint64_t>(loop_.longest_turn.count());
  LogLine(LogLevel::Info, "loop", engine::LogRate::Operator)
      .field("longest_turn_us", longest_us)
      .field("longest_turn_cpu_us", static_cast<std::uint64_t>(loop_.longest_turn_cpu.count()))
      .field("most_frames", core_->most_work.frames)
      .field("most_fields", core_->most_work.fields)
      .field("most_field_bytes", core_->most_work.field_bytes)
      .field("most_read_bytes", core_->most_read_bytes)
      .field("most_gzip_bytes", core_->most_work.gzip_bytes);
#ifdef MOTE_GZIP
  if (core_->gzip != nullptr) {
    LogLine(LogLevel::Info, "gzip", engine::LogRate::Operator)
        .field("received", core_->inflated.messages)
        .field("received_bytes", core_->inflated.compressed_bytes)
        .field("received_plain_bytes", core_->inflated.plain_bytes)
        .field("sent", core_->deflated.messages)
        .field("sent_bytes", core_->deflated.compressed_bytes)
        .field("sent_plain_bytes", core_->deflated.plain_bytes);
  }
#endif
  measures_cpu_ = true;  // It costs a system call, so only who asks for reports pays for it.
  const Usage now = usage();
  LogLine(LogLevel::Info, "open", engine::LogRate::Operator)
      .field("connections", now.connections)
      .field("calls", now.calls)
      .field("free_blocks", now.free_blocks);
}

Engine::Usage Engine::usage() const {
  return {.connections = loop_.connections,
          .calls = core_->calls.open_count(),
          .free_blocks = core_->blocks.free_small(),
          .timers = core_->timers.size() - core_->closing_sockets.used()};
}

}  // namespace mote::lean
