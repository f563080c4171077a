#include "support/lean_loop.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <bit>
#include <utility>

#include "engine/lean/admission.h"
#include "engine/lean/over_share.h"
#include "engine/refusals.h"
#include "services/echo.h"
#include "services/health.h"
#include "support/cmocka_test.h"

namespace mote::test {

namespace {

constexpr std::size_t kMostConnections = 64;
constexpr std::uint64_t kSecret = 0x0123456789abcdef;
constexpr std::size_t kPageBytes = lean::BlockPool::kLargeBytes;

rpc::ServiceTable usual_services() {
  static const std::array kServices = {services::echo(), services::health()};
  return rpc::ServiceTable(kServices);
}

}  // namespace

LeanLoop::LeanLoop(const engine::Limits& resolved) : LeanLoop(resolved, usual_services()) {
}

LeanLoop::LeanLoop(const engine::Limits& resolved, rpc::ServiceTable services)
    : limits_(resolved),
      pages_((resolved.buffer_bytes + kPageBytes - 1) / kPageBytes),
      storage_(pages_.size() * kPageBytes, 0xcc),
      addresses_(resolved.max_addresses),
      address_buckets_(std::bit_ceil(resolved.max_addresses)),
      slots_(resolved.max_streams + resolved.reserved_streams),
      buckets_(std::bit_ceil(slots_.size())),
      large_sockets_(resolved.large_sockets),
      closing_sockets_(engine::kClosingSockets),
      timers_(kMostConnections + slots_.size() + engine::kClosingSockets),
      receive_(resolved.receive_bytes, 0xcc),
      send_(resolved.send_bytes, 0xcc),
      scratch_(resolved.max_header_bytes, 0xcc),
      compose_(2 * 8192 + 4096, 0xcc),
      table_(limits_, addresses_, address_buckets_, kSecret),
      core_{
          .limits = limits_,
          .http2_limits = {.streams = resolved.max_streams_per_connection,
                           .stream_window_bytes = resolved.stream_window_bytes,
                           .header_bytes = resolved.max_header_bytes,
                           .header_fields = resolved.max_header_fields,
                           .header_frames = resolved.max_header_frames,
                           .header_excess = resolved.max_header_excess,
                           .header_table_bytes = resolved.max_header_table_bytes,
                           .reset_budget = resolved.reset_budget,
                           .free_refusals = resolved.free_refusals,
                           .idle_frame_budget = resolved.idle_frame_budget},
          .server = {.services = services},
          .health_check = services.find_method(engine::kHealthCheckPath),
          .addresses = table_,
          .blocks = lean::BlockPool(pages_, storage_),
          .blocks_aside = lean::SetAside(std::size_t{resolved.max_streams} * resolved.stream_window_bytes,
                                         table_.blocks_to_set_aside_from()),
          .calls = lean::CallTable(slots_, buckets_, kSecret),
          .large_sockets = lean::LargeSockets(large_sockets_, limits_),
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
      } {
}

LeanLoop::~LeanLoop() {
  if (!finished_) std::abort();
}

std::unique_ptr<RawClient> LeanLoop::connect(int send_bytes) {
  return std::make_unique<RawClient>(connect_socket(send_bytes));
}

int LeanLoop::connect_socket(int send_bytes) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) fail_msg("socketpair");
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof(send_bytes));
  std::vector<std::uint8_t>& table = tables_.emplace_back(lean::HeaderTables::kSmallBytes, 0xcc);
  std::vector<std::uint8_t>& reserve = table_reserves_.emplace_back(lean::HeaderTables::kReserveBytes, 0xcc);
  connections_.push_back(
      std::make_unique<lean::Connection>(core_, core_.addresses.row(peer_), ends[0], tables_.size(), table, reserve));
  assert_true(connections_.back()->start());
  return ends[1];
}

std::unique_ptr<RawClient> LeanLoop::connect_ready(int send_bytes) {
  std::unique_ptr<RawClient> client = connect(send_bytes);
  client->send(hello().settings_ack());
  settle();
  assert_int_equal(client->control().size(), 2);  // SETTINGS and their acknowledgement.
  return client;
}

bool LeanLoop::turn() {
  std::array<epoll_event, 64> events{};
  const std::span<const epoll_event> ready = poller_.wait(events, 0);
  pending_ = std::span(events).first(ready.size());
  const bool again = core_.again != nullptr;
  run_again();
  for (const epoll_event& event : pending_) {
    if (event.data.ptr != nullptr) static_cast<lean::Pollable*>(event.data.ptr)->on_events(event.events);
  }
  pending_ = {};
  core_.timers.run(core_.now);
  lean::admit_messages(core_);
  lean::end_over_share(core_);
  return !ready.empty() || again;
}

void LeanLoop::run_again() {
  lean::Connection* connection = std::exchange(core_.again, nullptr);
  while (connection != nullptr) {
    lean::Connection* next = std::exchange(connection->next_again, nullptr);
    connection->in_again_list = false;
    connection->run_again();
    connection = next;
  }
}

void LeanLoop::settle() {
  for (int turns = 0; turn() || core_.again != nullptr; ++turns) {
    if (turns == 10'000) fail_msg("the loop does not become idle");
  }
  if (core_.timers.next_due() <= core_.now + std::chrono::microseconds(10)) fail_msg("a timer keeps the loop awake");
}

void LeanLoop::pass(lean::Time time) {
  core_.now += time;
  settle();
}

void LeanLoop::read_all(RawClient& client) {
  constexpr int kMostRounds = 1000;
  for (int rounds = 0; client.receive() != 0; ++rounds) {
    assert_in_range(rounds, 0, kMostRounds);
    settle();
  }
}

void LeanLoop::drain() {
  core_.server.shutting_down = true;
  std::vector<lean::Connection*> open;
  for (const auto& connection : connections_)
    open.push_back(connection.get());
  for (lean::Connection* connection : open)
    connection->drain();
}

void LeanLoop::close(lean::Connection& connection) {
  for (epoll_event& event : pending_) {
    if (event.data.ptr == static_cast<lean::Pollable*>(&connection)) event.data.ptr = nullptr;
  }
  for (lean::Connection** place = &core_.again; connection.in_again_list; place = &(*place)->next_again) {
    if (*place != &connection) continue;
    *place = connection.next_again;
    break;
  }
  std::erase_if(connections_, [&](const auto& one) { return one.get() == &connection; });
}

void LeanLoop::finish() {
  connections_.clear();
  core_.closing_sockets.close();
  core_.again = nullptr;
  finished_ = true;
  assert_int_equal(open_calls(), 0);
  assert_int_equal(used_blocks(), 0);
  assert_int_equal(core_.timers.size(), 0);
}

}  // namespace mote::test
