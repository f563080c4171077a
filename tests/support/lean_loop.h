// The lean engine without its listeners and clocks: connections over socketpairs, turns of the loop when a test asks for
// them, time as the test says. Everything that the engine takes from its arena has exactly its size here.
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

// The defaults, resolved after `change`, but for windows wide open: so a test sends what it likes.
template <class Change>
engine::Limits limits(Change change) {
  engine::Limits chosen;
  chosen.stream_window_bytes = http2::kDefaultWindowBytes;
  change(chosen);
  engine::resolve(chosen);
  return chosen;
}
inline engine::Limits limits() {
  return limits([](engine::Limits&) {});
}

// What a connection with these limits greets its client with, as RawClient::control() has it.
inline constexpr const char* kSettings = "SETTINGS 3=100 1=4096 6=8192 4=65535";

class LeanLoop final : private lean::ConnectionOwner {
 public:
  explicit LeanLoop(const engine::Limits& resolved = limits());
  LeanLoop(const engine::Limits& resolved, rpc::ServiceTable services);
  // finish() has to be called before.
  ~LeanLoop();
  LeanLoop(const LeanLoop&) = delete;
  LeanLoop& operator=(const LeanLoop&) = delete;

  // A new connection, and the client at its other end. `send_bytes` bounds what the kernel keeps for a client that does
  // not read, roughly.
  std::unique_ptr<RawClient> connect(int send_bytes = 1 << 20U);
  // Later connections come from this peer.
  void come_from(std::uint32_t user) { peer_ = {.value = user, .kind = lean::AddressKey::Kind::User}; }
  // The client's end alone: a non-blocking socket, which the caller closes.
  int connect_socket(int send_bytes = 1 << 20U);
  // As connect(), with the prefaces and SETTINGS of both exchanged.
  std::unique_ptr<RawClient> connect_ready(int send_bytes = 1 << 20U);

  // One turn of the loop. True: something happened.
  bool turn();
  // Turns until nothing happens any more; fails where that does not come, and where a timer would wake the loop at once.
  void settle();
  // Lets time pass, then settles.
  void pass(lean::Time time);
  // As SIGTERM does.
  void drain();

  lean::Core& core() { return core_; }
  [[nodiscard]] std::uint64_t count(engine::LimitId id) const { return core_.counters.of(id); }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  lean::Connection& connection(std::size_t index = 0) { return *connections_.at(index); }
  [[nodiscard]] std::size_t open_calls() const { return core_.calls.open_count(); }
  // Of the pool, in small blocks.
  [[nodiscard]] std::size_t used_blocks() const {
    return pages_.size() * lean::BlockPool::kSmallInLarge - core_.blocks.free_small();
  }

  // Closes what is open and checks that nothing was lost: no block, no call, no timer.
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
