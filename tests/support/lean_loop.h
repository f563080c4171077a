// The lean engine without listeners and clocks: connections are socketpairs, and the test controls the turns of the loop and the
// time. Here each part of the engine's arena is a separate buffer of exactly the size that it needs.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/lean/connection.h"
#include "engine/lean/core.h"
#include "engine/lean/header_tables.h"
#include "engine/limits.h"
#include "support/raw_client.h"

struct epoll_event;

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

class LeanLoop final : private lean::ConnectionOwner {
 public:
  explicit LeanLoop(const engine::Limits& resolved = limits());
  LeanLoop(const engine::Limits& resolved, rpc::ServiceTable services);
  // Call finish() first.
  ~LeanLoop();
  LeanLoop(const LeanLoop&) = delete;
  LeanLoop& operator=(const LeanLoop&) = delete;

  // A new connection and its client. `send_bytes` is the approximate size of the kernel's buffer for a client that does not read.
  std::unique_ptr<RawClient> connect(int send_bytes = 1 << 20U);
  // Later connections come from this peer.
  void come_from(std::uint32_t user) { peer_ = {.value = user, .kind = lean::AddressKey::Kind::User}; }
  // Only the socket of the client, non-blocking; the caller closes it.
  int connect_socket(int send_bytes = 1 << 20U);
  // Like connect(), after the exchange of prefaces and SETTINGS.
  std::unique_ptr<RawClient> connect_ready(int send_bytes = 1 << 20U);

  // One turn of the loop. True: there were events.
  bool turn();
  // Turns until there are no more events. Fails if they do not end, or if a timer would wake the loop at once.
  void settle();
  // Advances the time, then settles.
  void pass(lean::Time time);
  // Reads and settles in turn until the client has received everything.
  void read_all(RawClient& client);
  // Drains all connections, like SIGTERM.
  void drain();

  lean::Core& core() { return core_; }
  [[nodiscard]] std::uint64_t count(engine::LimitId id) const { return core_.counters.of(id); }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  lean::Connection& connection(std::size_t index = 0) { return *connections_.at(index); }
  [[nodiscard]] std::size_t open_calls() const { return core_.calls.open_count(); }
  // The used blocks of the pool, in small blocks.
  [[nodiscard]] std::size_t used_blocks() const {
    return pages_.size() * lean::BlockPool::kSmallInLarge - core_.blocks.free_small();
  }

  // Closes all connections and checks that no block, call or timer is lost.
  void finish();

 private:
  void close(lean::Connection& connection) override;
  void run_again();

  engine::Limits limits_;
  std::vector<lean::BlockPool::Page> pages_;
  std::vector<std::uint8_t> storage_;
  std::vector<lean::AddressRow> addresses_;
  std::vector<lean::AddressRow*> address_buckets_;
  std::vector<lean::CallTable::Slot> slots_;
  std::vector<lean::StreamCall*> buckets_;
  std::vector<lean::Connection*> large_sockets_;
  std::vector<lean::ClosingSocket> closing_sockets_;
  std::vector<lean::Timer*> timers_;
  std::vector<std::uint8_t> receive_;
  std::vector<std::uint8_t> send_;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::uint8_t> compose_;
  std::vector<std::vector<std::uint8_t>> tables_;
  std::vector<std::vector<std::uint8_t>> table_reserves_;
  lean::Poller poller_;
  lean::AddressTable table_;
  lean::Core core_;
  std::vector<std::unique_ptr<lean::Connection>> connections_;
  lean::AddressKey peer_{.value = 0, .kind = lean::AddressKey::Kind::User};
  std::span<epoll_event> pending_;
  bool finished_ = false;
};

}  // namespace mote::test
