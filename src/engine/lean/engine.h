// The lean engine: one thread, one epoll, all memory taken at start. After start() it does not use the heap.
//
// Engine has more than 25 data members because it owns each part once: listeners, poller, timers, pools, tables and connections.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/address.h"
#include "engine/address_prefix.h"
#include "engine/host.h"
#include "engine/lean/arena.h"
#include "engine/lean/connection.h"
#include "engine/lean/core.h"
#include "engine/lean/header_tables.h"
#include "engine/lean/listener.h"
#include "engine/lean/monitor/monitor.h"
#include "engine/lean/service_loop.h"
#include "engine/lean/signals.h"
#include "engine/limits.h"
#ifdef MOTE_TLS
#include "engine/lean/access.h"
#endif

struct epoll_event;

namespace mote::lean {

// What the limits cost in this engine.
engine::EngineSizes sizes();

class Engine final : private Acceptor, private SignalHandler, private ConnectionOwner, private Timer {
 public:
  static constexpr bool kRunsInSandbox = true;
  static constexpr bool kHasAccess = true;
  static constexpr bool kHasMonitor = true;
  static constexpr bool kHasGzip = true;

  // `limits` are resolved; `host` outlives the engine.
  Engine(const engine::Limits& limits, const rpc::ServiceTable& services, engine::Host& host);
  ~Engine();

#ifdef MOTE_TLS
  // Who may connect and call. Call it before start(); the texts must stay valid until start() returns. Limits::access_bytes
  // is their memory.
  void use_access(const engine::AccessTexts& texts) {
    access_texts_ = texts;
  }
#endif

  struct Http {
    WebSites sites;                            // Who may call from a browser.
    std::optional<MonitorSettings> monitor{};  // Metrics and the status page, with Limits::http in the limits.
  };
  // Call it before start(); the texts outlive the engine.
  void use_http(const Http& http) {
    http_ = http;
  }
  // The address of metrics and the status page after start(); nullptr if they are off.
  [[nodiscard]] const engine::Address* monitor_address() const {
    return monitor_ ? &monitor_->address() : nullptr;
  }

  // Takes all memory, takes over `sockets`, which already listen, and opens the other listeners. Returns an empty text, or
  // one line with the error and what to change.
  // Peers in `trusted_proxies` are exempt from shares and may name their clients (proxy_header.h).
  [[nodiscard]] std::string start(std::span<const engine::Address> addresses, std::span<const int> sockets = {},
                                  std::span<const engine::AddressPrefix> trusted_proxies = {});
  // Where it listens.
  [[nodiscard]] std::vector<engine::Address> addresses() const;

  struct Usage {
    std::size_t connections;
    std::size_t calls;
    std::size_t free_blocks;
    std::size_t timers;  // Armed timers, without those of sockets that are closing.
  };
  // After start().
  [[nodiscard]] Usage usage() const;

  // Serves until SIGTERM or SIGINT, then until the open calls are over or drain-seconds have passed. A second signal ends
  // the process at once. SIGHUP asks the host for new limits, SIGUSR1 logs the counters. Hot functions are beside main() in the
  // program, so an idle gateway has few pages of its code resident.
  [[gnu::hot]] void run();

 private:
  union ConnectionSlot {
    ConnectionSlot() : next(nullptr) {}
    ~ConnectionSlot() {}  // NOLINT(modernize-use-equals-default): that one would be deleted
    ConnectionSlot* next;
    Connection connection;
  };

  void accept(int descriptor, const engine::Address& peer, bool tls) override;
  [[nodiscard]] bool full() const override {
    return loop_.connections >= limits_.max_connections;
  }
  void pause_accepting() override;
  void on_backlog_full() override;
  void on_stop_signal(int number) override;
  void on_reload_signal() override;
  void on_report_signal() override;
  void on_due() override;
  void close(Connection& connection) override;
  void on_limit_reached(engine::LimitId id, const Connection& connection) override;

  void take_memory();
  [[nodiscard]] std::string start_monitor();
  [[nodiscard]] std::string open_listeners(std::span<const engine::Address> addresses, std::span<const int> sockets);
  // The row of the peer if a connection of it may be opened; otherwise nullptr.
  [[nodiscard]] AddressRow* admit_connection(const AddressKey& key, bool trusted, std::string_view peer);
  [[nodiscard]] bool trusts(const engine::Address& peer) const;
  [[nodiscard]] std::size_t free_connections(const AddressKey& key) const;
  [[nodiscard]] Connection* connection_to_close(const AddressKey& key, std::size_t held);
  void refuse(int descriptor, std::string_view peer);
  void note_limit(engine::LimitId id, std::string_view peer);
  void report_due();
  [[nodiscard]] engine::Load load() const;
  void end_turn();
  void drain();
  [[nodiscard]] bool over() const;
  [[nodiscard]] int timeout_ms() const;

  engine::Limits limits_;
  rpc::ServiceTable services_;
  engine::Host& host_;
  Poller poller_;
  Signals signals_;
  ServiceLoop service_loop_;
  std::optional<Arena> arena_;
  std::optional<AddressTable> addresses_;
  std::optional<Core> core_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<engine::AddressPrefix> trusted_proxies_;
  std::span<ConnectionSlot> slots_;
  std::optional<HeaderTables> tables_;
#ifdef MOTE_GZIP
  std::optional<gzip::Gzip> gzip_;
#endif
#ifdef MOTE_TLS
  // --- Access (engine_access.cpp) ---
  [[nodiscard]] std::string start_access();
  [[nodiscard]] std::string start_tls();
  void take_access(const std::optional<engine::AccessSizes>& sizes);
  void end_connections_without_access();
  void report_certificate();

  engine::AccessTexts access_texts_;
  Access access_;
  std::optional<TlsShared> tls_;
  Time certificate_due_ = kNever;             // report_certificate()
  bool reload_waits_ = false;                 // SIGHUP came while handshakes needed the certificates of an earlier one.
  std::span<TlsConnection> tls_connections_;  // One for each slot; uninitialised while the connection has no TLS.
#endif
  ConnectionSlot* free_slots_ = nullptr;
  std::size_t slots_used_ = 0;
  std::span<epoll_event> pending_;  // Events of this turn. One whose connection was closed has no pointer.
  LoopFigures loop_;
  bool measures_cpu_ = false;  // Of each turn.
  engine::EngineSizes sizes_ = sizes();
  Http http_;
  std::optional<Monitor> monitor_;
  Time over_share_due_ = kNever;  // end_over_share()
  Time alive_interval_{};
  Time alive_due_ = kNever;
  Time settled_due_ = kNever;  // Host::on_settled()
  Time drain_until_ = kNever;
  bool drain_asked_ = false;
};

}  // namespace mote::lean
