#include "support/lean_loop.h"

#include <sys/socket.h>

#include <array>

#include "services/echo.h"
#include "services/health.h"
#include "support/cmocka_test.h"

namespace mote::test {

namespace {

rpc::ServiceTable usual_services() {
  static const std::array kServices = {services::echo(), services::health()};
  return rpc::ServiceTable(kServices);
}

}  // namespace

LeanLoop::LeanLoop(const engine::Limits& resolved) : LeanLoop(resolved, usual_services()) {
}

std::unique_ptr<RawClient> LeanLoop::connect(int send_bytes) {
  return std::make_unique<RawClient>(connect_socket(send_bytes));
}

int LeanLoop::connect_socket(int send_bytes) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) fail_msg("socketpair");
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof(send_bytes));
  lean::Connection& connection = open(ends[0]);
  prepare(connection);
  assert_true(connection.start());
  return ends[1];
}

std::unique_ptr<RawClient> LeanLoop::connect_ready(int send_bytes) {
  std::unique_ptr<RawClient> client = connect(send_bytes);
  client->send(hello().settings_ack());
  settle();
  assert_int_equal(client->control().size(), 2);  // SETTINGS and their acknowledgement.
  return client;
}

void LeanLoop::read_all(RawClient& client) {
  constexpr int kMostRounds = 1000;
  for (int rounds = 0; client.receive() != 0; ++rounds) {
    assert_in_range(rounds, 0, kMostRounds);
    settle();
  }
}

}  // namespace mote::test
