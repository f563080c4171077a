// Serves the same methods as the lean engine with the official gRPC library. The thread that calls run() polls one
// completion queue and runs all handlers. The library also has threads of its own and uses the heap.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/server.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/address.h"
#include "engine/address_prefix.h"
#include "engine/host.h"
#include "engine/limits.h"
#include "engine/official/official_call.h"
#include "engine/official/service_thread.h"
#include "mote/rpc/loop.h"

namespace mote::official {

class OfficialEngine final {
 public:
  // The library starts threads and opens files whenever it likes.
  static constexpr bool kRunsInSandbox = false;
  static constexpr bool kHasAccess = false;
  static constexpr bool kHasMonitor = false;
  static constexpr bool kHasGzip = false;

  // `limits` are resolved; `host` outlives the engine.
  OfficialEngine(const engine::Limits& limits, const rpc::ServiceTable& services, engine::Host& host);
  ~OfficialEngine();
  OfficialEngine(const OfficialEngine&) = delete;
  OfficialEngine& operator=(const OfficialEngine&) = delete;

  // Opens all listeners. Refuses passed sockets, because the library cannot use them. Returns an empty text, or one line
  // with the error and what to change. Logs limits that are set but not enforced (engine/official/kept_limits.h).
  [[nodiscard]] std::string start(std::span<const engine::Address> addresses, std::span<const int> sockets = {},
                                  std::span<const engine::AddressPrefix> trusted_proxies = {});
  // The addresses of the listeners.
  [[nodiscard]] std::vector<engine::Address> addresses() const { return addresses_; }

  // Serves until SIGTERM or SIGINT, then until the open calls are over or drain-seconds have passed. A second signal ends
  // the process at once. SIGHUP asks the host for new limits, SIGUSR1 logs the counters.
  void run();

 private:
  [[nodiscard]] std::string listen(std::span<const engine::Address> addresses);
  [[nodiscard]] rpc::Time wait() const;
  void on_service_ready(bool ok);
  void on_server_over(bool ok);
  void run_checks();
  void drain();
  void hurry();
  void reload();
  void report() const;
  [[nodiscard]] engine::Load load() const;

  engine::Limits limits_;
  engine::Host& host_;
  Core core_;
  std::unique_ptr<::grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<::grpc::Server> server_;
  std::vector<engine::Address> addresses_;
  rpc::Time next_check_{};
  rpc::Time alive_due_ = rpc::Time::max();
  rpc::Time next_trim_{};
  rpc::Time last_call_at_{};  // While it shuts down.
  rpc::Time drain_until_{};
  rpc::Loop service_loop_;
  EventFor<OfficialEngine, &OfficialEngine::on_service_ready> service_event_{*this};
  ServiceThread service_thread_{service_event_};
  bool quiet_ = false;      // No event since the last check.
  bool stop_seen_ = false;  // The last check found a request to stop.

  // Runs only during shutdown, because the library's Shutdown() blocks until the last call is over.
  std::thread shutdown_;
  std::optional<::grpc::Alarm> server_over_;
  EventFor<OfficialEngine, &OfficialEngine::on_server_over> server_over_event_{*this};
};

}  // namespace mote::official
