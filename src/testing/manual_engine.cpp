#include "testing/manual_engine.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <utility>

#include "engine/lean/admission.h"
#include "engine/lean/over_share.h"
#include "engine/refusals.h"
#include "testing/fail_test.h"

namespace mote::testing {

namespace {

constexpr std::uint64_t kSecret = 0x0123456789abcdef;
constexpr std::size_t kPageBytes = lean::BlockPool::kLargeBytes;
constexpr int kMostTurns = 10'000;

}  // namespace

ManualEngine::Opened::Opened(lean::Core& core, lean::AddressRow& address, int descriptor, std::size_t index)
    : table(lean::HeaderTables::kSmallBytes, 0xcc),
      table_reserve(lean::HeaderTables::kReserveBytes, 0xcc),
      connection(core, address, descriptor, index, table, table_reserve) {
}

ManualEngine::ManualEngine(const engine::Limits& resolved, rpc::ServiceTable services)
    : limits_(resolved),
      pages_((resolved.buffer_bytes + kPageBytes - 1) / kPageBytes),
      storage_(pages_.size() * kPageBytes, 0xcc),
      addresses_(resolved.max_addresses),
      address_buckets_(std::bit_ceil(resolved.max_addresses)),
      slots_(resolved.max_streams + resolved.reserved_streams),
      buckets_(std::bit_ceil(slots_.size())),
      large_sockets_(resolved.large_sockets),
      large_windows_(resolved.large_windows),
      closing_sockets_(engine::kClosingSockets),
      timers_(resolved.max_connections + slots_.size() + engine::kClosingSockets),
      receive_(resolved.receive_bytes, 0xcc),
      send_(resolved.send_bytes, 0xcc),
      scratch_(resolved.max_header_bytes, 0xcc),
      compose_(lean::kComposeBytes, 0xcc),
      table_(limits_, addresses_, address_buckets_, kSecret),
      core_{
          .limits = limits_,
          .http2_limits = lean::http2_limits(limits_),
          .server = {.services = services},
          .health_check = services.find_method(engine::kHealthCheckPath),
          .addresses = table_,
          .blocks = lean::BlockPool(pages_, storage_),
          .blocks_aside = lean::pool_aside(limits_, table_),
          .calls = lean::CallTable(slots_, buckets_, kSecret),
          .large_sockets = lean::LargeSockets(large_sockets_, limits_),
          .large_windows = lean::LargeWindows(large_windows_),
          .closing_sockets = lean::ClosingSockets(closing_sockets_),
          .timers = lean::TimerHeap(timers_),
          .poller = poller_,
          .owner = *this,
          .receive_buffer = receive_,
          .send_buffer = send_,
          .scratch = scratch_,
          .compose_buffer = compose_,
          .now = std::chrono::hours(1),
          .page = lean::ServicePage("mote-gateway", services),
      }
#ifdef MOTE_GZIP
      ,
      gzip_memory_(gzip::Gzip::kMemoryBytes, 0xcc),
      gzip_(gzip_memory_)
#endif
{
#ifdef MOTE_GZIP
  if (resolved.gzip) core_.gzip = &gzip_;
#endif
}

ManualEngine::~ManualEngine() {
  if (!finished_) fail_test("the engine was not finished");
}

lean::Connection& ManualEngine::open(int descriptor) {
  if (connections_.size() == limits_.max_connections) fail_test("more than max-connections are open");
  connections_.push_back(std::make_unique<Opened>(core_, core_.addresses.row(peer_), descriptor, ++opened_));
  return connections_.back()->connection;
}

const char* ManualEngine::start_services() {
  return service_loop_.start(core_.server.services, poller_, core_.now);
}

bool ManualEngine::turn() {
  std::array<epoll_event, 64> events{};
  const std::span<const epoll_event> ready = poller_.wait(events, 0);
  pending_ = std::span(events).first(ready.size());
  const bool again = core_.again != nullptr;
  lean::run_again(core_);
  for (const epoll_event& event : pending_) {
    if (event.data.ptr != nullptr) static_cast<lean::Pollable*>(event.data.ptr)->on_events(event.events);
  }
  pending_ = {};
  service_loop_.run_timers();
  core_.timers.run(core_.now);
  lean::admit_messages(core_);
  lean::end_over_share(core_);
  return !ready.empty() || again;
}

void ManualEngine::settle() {
  for (int turns = 0; turn() || core_.again != nullptr; ++turns) {
    if (turns == kMostTurns) fail_test("the loop does not become idle");
  }
  if (core_.timers.next_due() <= core_.now + std::chrono::microseconds(10)) fail_test("a timer keeps the loop awake");
}

void ManualEngine::pass(lean::Time time) {
  set_now(core_.now + time);
  settle();
}

void ManualEngine::set_now(lean::Time now) {
  core_.now = now;
  service_loop_.set_now(now);
}

lean::Time ManualEngine::next_due() const {
  return std::min(core_.timers.next_due(), service_loop_.next_due());
}

void ManualEngine::drain() {
  core_.server.shutting_down = true;
  std::vector<lean::Connection*> open;
  for (const auto& opened : connections_)
    open.push_back(&opened->connection);
  for (lean::Connection* connection : open)
    connection->drain();
}

void ManualEngine::on_close(const lean::Connection& /*connection*/) {
}

void ManualEngine::close(lean::Connection& connection) {
  on_close(connection);
  for (epoll_event& event : pending_) {
    if (event.data.ptr == static_cast<lean::Pollable*>(&connection)) event.data.ptr = nullptr;
  }
  lean::remove_from_again_list(core_, connection);
  std::erase_if(connections_, [&](const auto& opened) { return &opened->connection == &connection; });
}

void ManualEngine::finish() {
  connections_.clear();
  core_.closing_sockets.close();
  core_.again = nullptr;
  finished_ = true;
  if (open_calls() != 0) fail_test("a call outlives its connection");
  if (used_blocks() != 0) fail_test("a block of the pool is lost");
  if (core_.timers.size() != 0) fail_test("a timer outlives its connection");
  if (core_.reserved_calls != 0) fail_test("a reserved call outlives its connection");
  if (table_.used_rows() != 0) fail_test("an address outlives its connections");
  if (core_.large_sockets.used() != 0 || core_.large_windows.used() != 0) fail_test("a large socket or window is lost");
  if (core_.blocks_aside.left() != lean::pool_aside(limits_, table_).left()) fail_test("memory set aside is lost");
}

}  // namespace mote::testing
