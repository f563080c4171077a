// The engine with its own listeners, clock and signals, and a script of what happens while it runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/lean/engine.h"
#include "engine/limits.h"
#include "support/raw_client.h"

namespace mote::test {

// Acts at the end of each turn of the loop: a step that returns true is done, any other is tried again in the next turn.
// After the last step it stops the engine as an operator does.
struct Script final : engine::Host {
  std::vector<std::function<bool()>> steps;
  std::size_t next = 0;
  std::optional<engine::Limits> reloaded;
  int reloads = 0;
  int settled = 0;
  std::chrono::microseconds interval = std::chrono::milliseconds(1);
  std::size_t alive = 0;
  std::string drains;  // "connections calls seconds "
  std::function<void()> at_drain = [] {};

  [[nodiscard]] std::chrono::microseconds alive_interval() const override { return interval; }
  void on_alive(engine::Load load) override;
  void on_settled() override { ++settled; }
  void on_drain(engine::Load load, std::chrono::seconds longest) override;
  std::optional<engine::Reload> on_reload(MutableBytes access) override;
};

// The default limits, changed by `change`. Few tests are about the drain: the others do not wait for their clients.
template <class Change>
engine::Limits resolved(Change change) {
  engine::Limits limits;
  limits.drain = std::chrono::seconds(0);
  change(limits);
  engine::resolve(limits);
  return limits;
}

// The address that this text stands for.
engine::Address address(const std::string& text);

// The echo service and the health service.
rpc::ServiceTable services();

// An engine that is not started, with these services.
struct StoppedEngine {
  explicit StoppedEngine(const engine::Limits& limits) : engine(limits, services(), host) {}

  // On a free port, and on a Unix socket if there is a path. Returns the error, or nothing.
  std::string start(const std::string& path = {}, std::span<const engine::AddressPrefix> trusted = {});
  // A connected client with this address. The engine accepts it in a later turn.
  [[nodiscard]] std::unique_ptr<RawClient> connect(const char* source = "127.0.0.1:0") const;
  // The same with the Unix socket.
  [[nodiscard]] std::unique_ptr<RawClient> connect_local() const;
  // Whether a client can connect.
  [[nodiscard]] bool listens() const;
  // Runs the steps and returns what was logged.
  std::string run();

  Script host;
  lean::Engine engine;
};

struct RunningEngine : StoppedEngine {
  explicit RunningEngine(const engine::Limits& limits, const std::string& path = {});
};

// Whether the reply has arrived.
bool answered(RawClient& client, std::uint32_t stream);

// A step that closes the client's connection.
bool hang_up(RawClient& client);

// The number behind the last `key` in a text.
std::uint64_t number_of(const std::string& text, const std::string& key);

// The exit code of a child process that runs `act`.
int exit_code_of(const std::function<int()>& act);

}  // namespace mote::test
