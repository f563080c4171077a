// The state that all connections of an engine share. One thread serves one connection at a time.
//
// Core has more than 25 data members because every connection needs each of these parts, and one reference to all of them is
// smaller than a reference to each.
#pragma once

#include "engine/lean/address_table.h"
#include "engine/lean/block_pool.h"
#include "engine/lean/call_table.h"
#include "engine/lean/closing_sockets.h"
#include "engine/lean/large_sockets.h"
#include "engine/lean/large_windows.h"
#include "engine/lean/poller.h"
#include "engine/lean/service_page.h"
#include "engine/lean/timer_heap.h"
#include "engine/lean/web_sites.h"
#include "engine/limits.h"
#include "http2/server/connection_limits.h"
#include "http2/server/turn_budget.h"
#include "mote/rpc/server.h"
#ifdef MOTE_GZIP
#include "gzip/gzip.h"
#endif

namespace mote::lean {

// Head and trailers in one header block: metadata of max-header-bytes twice, gRPC's own fields and a status message.
inline constexpr std::size_t kComposeBytes = 2 * 8192 + 4096;

class Access;
class CallMetrics;
class Connection;

class ConnectionOwner {
 public:
  // Destroys a connection that is over.
  virtual void close(Connection& connection) = 0;
  // A connection has reached a limit.
  virtual void on_limit_reached(engine::LimitId /*id*/, const Connection& /*connection*/) {}

 protected:
  ~ConnectionOwner() = default;
};

#ifdef MOTE_GZIP
// Messages that were decompressed, or compressed.
struct GzipUse {
  std::uint64_t messages = 0;
  std::uint64_t plain_bytes = 0;
  std::uint64_t compressed_bytes = 0;
};
#endif

// Whether messages of addresses within their quarter wait for memory (over_share.h).
struct MemoryWait {
  Time began = Time::max();  // The maximum: none waits.
  Time ended = Time::min();  // The last time.
  bool again = false;        // It began soon after the last one.
};

struct Core {
  const engine::Limits& limits;  // Resolved.
  http2::ConnectionLimits http2_limits;
  rpc::Server server;
  const rpc::Method* health_check;  // The method that reserved-streams are for; nullptr if it is not served.
  AddressTable& addresses;
  BlockPool blocks;
  PoolAside blocks_aside;
  CallTable calls;
  LargeSockets large_sockets;
  LargeWindows large_windows;
  ClosingSockets closing_sockets;
  TimerHeap timers;
  Poller& poller;
  ConnectionOwner& owner;
  MutableBytes receive_buffer;
  MutableBytes send_buffer;
  MutableBytes scratch;         // Header fields that are being decoded.
  MutableBytes compose_buffer;  // Header blocks that are being encoded.
  engine::Counters counters{};
  http2::TurnBudget turn{};                                           // Of the connection whose turn it is.
  http2::TurnWork most_work{};                                        // Of one connection in one turn, since the start.
  std::size_t most_read_bytes = 0;                                    // The same for the bytes that it had to process.
  Time now{};                                                         // Of this turn of the loop.
  IntrusiveQueue<StreamCall, &StreamCall::memory_link> for_memory{};  // Calls whose message waits for memory.
  MemoryWait memory_wait{};
  // The Unix time when `now` was 0. 0: the wall-clock time is that of the system.
  Time unix_start{};
  Connection* again = nullptr;  // Connections with work that needs no event.
  ServicePage page;
  WebSites sites{};
  CallMetrics* call_metrics = nullptr;  // nullptr: metrics are off.
  // Of HTTP/2, from and to all peers.
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::size_t reserved_calls = 0;  // Calls in reserved-streams.
#ifdef MOTE_GZIP
  gzip::Gzip* gzip = nullptr;  // nullptr: compression is off.
  GzipUse inflated{};
  GzipUse deflated{};
#endif
#ifdef MOTE_TLS
  const Access* access = nullptr;  // nullptr: every caller may call everything.
#endif

  // Calls that max-streams still allows.
  [[nodiscard]] std::size_t free_calls() const {
    return limits.max_streams - (calls.open_count() - reserved_calls);
  }
};

// What HTTP/2 needs of the limits.
http2::ConnectionLimits http2_limits(const engine::Limits& limits);

// What the pool sets aside.
PoolAside pool_aside(const engine::Limits& limits, const AddressTable& addresses);

// Runs each connection of the last turn once, before the events of this turn: one that then has more work waits for the next
// turn, behind all others.
void run_again(Core& core);
// Before the connection is destroyed.
void remove_from_again_list(Core& core, const Connection& connection);

}  // namespace mote::lean
