// The lean engine without listeners, signals and clocks: its owner opens the connections, runs the turns of the loop and moves the
// time. Each part of the engine's arena is a separate buffer of exactly the size that it needs, so that AddressSanitizer detects
// accesses outside.
//
// ManualEngine has more than 25 data members because each of these buffers is one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/lean/connection.h"
#include "engine/lean/core.h"
#include "engine/lean/header_tables.h"
#include "engine/lean/service_loop.h"
#include "engine/limits.h"

struct epoll_event;

namespace mote::testing {

class ManualEngine : private lean::ConnectionOwner {
 public:
  ManualEngine(const engine::Limits& resolved, rpc::ServiceTable services);
  ManualEngine(const ManualEngine&) = delete;
  ManualEngine& operator=(const ManualEngine&) = delete;

  // A connection that is not started. Takes over the socket; -1: it has none.
  lean::Connection& open(int descriptor);
  // Later connections come from this peer.
  void come_from(std::uint32_t user) { peer_ = {.value = user, .kind = lean::AddressKey::Kind::User}; }
  // Calls on_start() of the services. Null, or the error of the first that cannot start.
  [[nodiscard]] const char* start_services();

  // One turn of the loop. True: there were events.
  bool turn();
  // Turns until there are no more events. Fails if they do not end, or if a timer would wake the loop at once.
  void settle();
  // Advances the time, then settles.
  void pass(lean::Time time);
  // Moves the time, without a turn.
  void set_now(lean::Time now);
  // When a timer is due; lean::kNever: none is armed.
  [[nodiscard]] lean::Time next_due() const;
  // Drains all connections, like SIGTERM.
  void drain();
  // Closes all connections. Fails if anything that they held is lost: a block, a call, a timer, a place.
  void finish();

  lean::Core& core() { return core_; }
  [[nodiscard]] const lean::Core& core() const { return core_; }
  [[nodiscard]] std::uint64_t count(engine::LimitId id) const { return core_.counters.of(id); }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  lean::Connection& connection(std::size_t index = 0) { return connections_.at(index)->connection; }
  [[nodiscard]] std::size_t open_calls() const { return core_.calls.open_count(); }
  // The used blocks of the pool, in small blocks.
  [[nodiscard]] std::size_t used_blocks() const {
    return pages_.size() * lean::BlockPool::kSmallInLarge - core_.blocks.free_small();
  }

 protected:
  // Call finish() first.
  ~ManualEngine();

 private:
  struct Opened {
    Opened(lean::Core& core, lean::AddressRow& address, int descriptor, std::size_t index);

    std::vector<std::uint8_t> table;
    std::vector<std::uint8_t> table_reserve;
    lean::Connection connection;
  };

  // A connection is about to be destroyed.
  virtual void on_close(const lean::Connection& connection);
  void close(lean::Connection& connection) override;

  engine::Limits limits_;
  std::vector<lean::BlockPool::Page> pages_;
  std::vector<std::uint8_t> storage_;
  std::vector<lean::AddressRow> addresses_;
  std::vector<lean::AddressRow*> address_buckets_;
  std::vector<lean::CallTable::Slot> slots_;
  std::vector<lean::StreamCall*> buckets_;
  std::vector<lean::Connection*> large_sockets_;
  std::vector<lean::LargeWindows::Place> large_windows_;
  std::vector<lean::ClosingSocket> closing_sockets_;
  std::vector<lean::Timer*> timers_;
  std::vector<std::uint8_t> receive_;
  std::vector<std::uint8_t> send_;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::uint8_t> compose_;
  lean::Poller poller_;
  lean::ServiceLoop service_loop_;
  lean::AddressTable table_;
  lean::Core core_;
#ifdef MOTE_GZIP
  std::vector<std::uint8_t> gzip_memory_;
  gzip::Gzip gzip_;
#endif
  std::vector<std::unique_ptr<Opened>> connections_;
  std::size_t opened_ = 0;
  lean::AddressKey peer_{.value = 0, .kind = lean::AddressKey::Kind::User};
  std::span<epoll_event> pending_;
  bool finished_ = false;
};

}  // namespace mote::testing
