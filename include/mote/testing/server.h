// A server for tests: the lean engine with real connections, HTTP/2 and services, but without sockets and threads. Its clock
// stands still until the test moves it or a client waits, so a test of a timeout of an hour takes no time, and every run is
// the same.
//
//   plant::Plant plant;
//   plant::Telemetry telemetry(plant);
//   mote::testing::Server server({{"max-devices", "3"}}, telemetry);
//   mote::testing::Channel channel(server);
//   mote::testing::ClientMemory memory;
//   const mote_options options = {};
//   mote_client client;
//   mote_client_init(&client, &channel.port(), &options, &memory.spans());
//   assert(plant_v1_Telemetry_Configure(&client, nullptr, &request, &reply) == MOTE_OK);
//
// A wrong use of mote::testing prints one line and aborts, so it works with every test framework.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "mote/rpc/service_table.h"
#include "mote/rpc/time.h"
#include "mote/serve.h"
#include "mote/testing/setting.h"

namespace mote::testing {

// The services must outlive it, and it must outlive its channels. Uses the heap.
class Server {
 public:
  // Serves objects of generated service classes and grpc.health.v1.Health, with all limits at their defaults.
  template <ServiceObject... Objects>
  requires(sizeof...(Objects) > 0) explicit Server(Objects&... objects)
      : Server(std::initializer_list<Setting>{}, objects...) {}
  // The same with values for configuration keys of the services or of limits.
  template <ServiceObject... Objects>
  requires(sizeof...(Objects) > 0) Server(std::initializer_list<Setting> settings, Objects&... objects)
      : Server(std::array<rpc::Service, sizeof...(Objects)>{objects.rpc_service()...},
               std::span<const Setting>(settings.begin(), settings.size())) {}
  // The same for any list of services.
  Server(std::span<const rpc::Service> services, std::span<const Setting> settings);
  // Checks that no call, timer or memory of a connection is lost.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // --- Time ---

  // What Call::now() and Loop::now() return. It begins at an hour.
  [[nodiscard]] rpc::Time now() const;
  // What Call::unix_us() returns: 2025-01-01 00:00 UTC when now() is 0.
  [[nodiscard]] std::uint64_t unix_us() const;
  // Runs everything that happens without the passing of time. Channels do so after each write.
  void settle();
  // Moves the time and runs on the way what is due: timers of services and calls, deadlines, functions of after().
  void advance(rpc::Time time);
  // Calls the function when this time has passed, in advance() or while a client waits. It may do anything that the test may
  // do, but not wait.
  void after(rpc::Time time, std::function<void()> function);

  // --- State ---

  // Like SIGTERM: open calls may end, new ones are refused.
  void shut_down();
  // Calls that have begun and whose end has not been sent.
  [[nodiscard]] std::size_t open_calls() const;
  // Connections that the server has open.
  [[nodiscard]] std::size_t connections() const;

 private:
  friend class Channel;
  class State;

  std::vector<rpc::Service> services_;
  std::unique_ptr<State> state_;
};

}  // namespace mote::testing
