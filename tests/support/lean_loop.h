// The lean engine whose turns and time the test controls, with socketpairs as connections.
#pragma once

#include <functional>
#include <memory>

#include "engine/limits.h"
#include "support/raw_client.h"
#include "testing/manual_engine.h"

namespace mote::test {

// The default limits, changed by `change` and resolved. The stream window is HTTP/2's default, so that tests can send freely, and
// socket buffers do not grow.
template <class Change>
engine::Limits limits(Change change) {
  engine::Limits chosen;
  chosen.stream_window_bytes = http2::kDefaultWindowBytes;
  chosen.large_sockets = 0;
  change(chosen);
  engine::resolve(chosen);
  return chosen;
}
inline engine::Limits limits() {
  return limits([](engine::Limits&) {});
}

// The SETTINGS of a connection with these limits, as a line of RawClient::control().
inline constexpr const char* kSettings = "SETTINGS 3=100 1=4096 6=8192 4=65535";

class LeanLoop final : public testing::ManualEngine {
 public:
  explicit LeanLoop(const engine::Limits& resolved = limits());
  LeanLoop(const engine::Limits& resolved, rpc::ServiceTable services) : ManualEngine(resolved, services) {}

  // A new connection and its client. `send_bytes` is the approximate size of the kernel's buffer for a client that does not read.
  std::unique_ptr<RawClient> connect(int send_bytes = 1 << 20U);
  // Only the socket of the client, non-blocking; the caller closes it.
  int connect_socket(int send_bytes = 1 << 20U);
  // Like connect(), after the exchange of prefaces and SETTINGS.
  std::unique_ptr<RawClient> connect_ready(int send_bytes = 1 << 20U);
  // Reads and settles in turn until the client has received everything.
  void read_all(RawClient& client);

  // Prepares each further connection before it starts.
  std::function<void(lean::Connection&)> prepare = [](lean::Connection&) {};
};

}  // namespace mote::test
