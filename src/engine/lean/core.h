// The state that all connections of an engine share. One thread serves one connection at a time.
#pragma once

#include "engine/lean/block_pool.h"
#include "engine/lean/call_table.h"
#include "engine/lean/poller.h"
#include "engine/lean/service_page.h"
#include "engine/lean/timer_heap.h"
#include "engine/limits.h"
#include "http2/server/connection_limits.h"
#include "mote/rpc/server.h"

namespace mote::lean {

class Connection;

class ConnectionOwner {
 public:
  // Destroys a connection that is over.
  virtual void close(Connection& connection) = 0;

 protected:
  ~ConnectionOwner() = default;
};

struct Core {
  const engine::Limits& limits;  // Resolved.
  http2::ConnectionLimits http2_limits;
  rpc::Server server;
  BlockPool blocks;
  SetAside blocks_aside;
  CallTable calls;
  TimerHeap timers;
  Poller& poller;
  ConnectionOwner& owner;
  MutableBytes receive_buffer;
  MutableBytes send_buffer;
  MutableBytes scratch;         // Header fields that are being decoded.
  MutableBytes compose_buffer;  // Header blocks that are being encoded.
  engine::Counters counters{};
  Time now{};                                                         // Of this turn of the loop.
  IntrusiveQueue<StreamCall, &StreamCall::memory_link> for_memory{};  // Calls whose message waits for memory.
  Connection* again = nullptr;                                        // Connections with work that needs no event.
  ServicePage page;
};

}  // namespace mote::lean
