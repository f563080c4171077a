// Services without an engine, to test one handler at a time (mote/testing/method_call.h). mote/testing/server.h has an engine.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "mote/rpc/server.h"
#include "mote/serve.h"
#include "mote/testing/method_call.h"

namespace mote::testing {

// The services must outlive it, and it must outlive its calls. Uses the heap. It does not call settings() and on_start().
class FakeServer {
 public:
  // Serves objects of generated service classes.
  template <ServiceObject... Objects>
  requires(sizeof...(Objects) > 0) explicit FakeServer(Objects&... objects)
      : FakeServer(std::array<rpc::Service, sizeof...(Objects)>{objects.rpc_service()...}) {}
  // The same for any list of services.
  explicit FakeServer(std::span<const rpc::Service> services);
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  // A call of a method, such as "/plant.v1.Telemetry/Watch". Aborts if there is no such method.
  [[nodiscard]] MethodCall start(std::string_view path) const;
  // What Call::server() returns.
  rpc::Server& server() { return server_; }

 private:
  std::vector<rpc::Service> services_;
  rpc::Server server_;
};

}  // namespace mote::testing
