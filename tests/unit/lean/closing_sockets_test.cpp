#include "engine/lean/closing_sockets.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "engine/lean/connection_deadlines.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"

namespace {

using namespace mote;
using namespace mote::test;
using lean::SocketStream;

constexpr std::size_t kPlaces = engine::kClosingSockets;

bool sends(int client) {
  return ::send(client, "more", 4, MSG_NOSIGNAL) == 4;
}

// The outgoing direction of the other end has ended, and nothing is left to read.
bool ended(int client) {
  std::array<std::uint8_t, 16> bytes{};
  return ::recv(client, bytes.data(), bytes.size(), 0) == 0;
}

// A socket that the poller does not know, and its client.
struct Pair {
  Pair() {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) fail_msg("socketpair");
  }
  ~Pair() { ::close(ends[1]); }
  [[nodiscard]] int client() const { return ends[1]; }
  std::array<int, 2> ends{};
};

void test_an_evicted_peer_that_sends_reads_goaway(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Collect")));
  loop.settle();
  client->send(FrameScript().data(1, echo_data("on its way")));
  loop.connection().close_for_others();
  assert_int_equal(loop.connections(), 0);
  for (int i = 0; i < 3; ++i) {
    client->send(FrameScript().data(1, echo_data("and more")));
    loop.settle();
  }
  client->receive();
  assert_true(client->closed());
  assert_string_equal(client->control().back().c_str(),
                      "GOAWAY 1 NO_ERROR too many connections: this one was idle longest");
  loop.finish();
}

void test_it_closes_with_its_peer(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  loop.connection().close_for_others();
  assert_int_equal(loop.core().timers.size(), 1);
  client->close();
  loop.settle();
  assert_int_equal(loop.core().timers.size(), 0);
  loop.finish();
}

void test_it_closes_after_a_moment(void**) {
  LeanLoop loop;
  const int client = loop.connect_socket();
  loop.settle();
  loop.connection().close_for_others();
  loop.pass(lean::kLinger - std::chrono::milliseconds(1));
  assert_true(sends(client));
  loop.pass(std::chrono::milliseconds(1));
  assert_false(sends(client));
  assert_int_equal(loop.core().timers.size(), 0);
  ::close(client);
  loop.finish();
}

void test_the_oldest_gives_way(void**) {
  LeanLoop loop;
  std::vector<int> clients(kPlaces + 1);
  for (int& client : clients) {
    client = loop.connect_socket();
    loop.pass(lean::Time(1));
    loop.connection().close_for_others();
  }
  assert_false(sends(clients[0]));
  for (std::size_t i = 1; i < clients.size(); ++i)
    assert_true(sends(clients[i]));
  assert_int_equal(loop.core().timers.size(), kPlaces);
  for (const int client : clients)
    ::close(client);
  loop.finish();
}

void test_a_place_is_free_again(void**) {
  LeanLoop loop;
  std::vector<int> clients(kPlaces);
  for (int& client : clients) {
    client = loop.connect_socket();
    loop.settle();
    loop.connection().close_for_others();
  }
  ::close(clients[3]);
  loop.settle();
  clients[3] = loop.connect_socket();
  loop.settle();
  loop.connection().close_for_others();
  for (const int client : clients) {
    assert_true(sends(client));
    ::close(client);
  }
  loop.finish();
}

void test_a_refused_peer_takes_a_free_place_only(void**) {
  LeanLoop loop;
  std::vector<Pair> pairs(kPlaces + 1);
  for (Pair& pair : pairs) {
    SocketStream socket(pair.ends[0]);
    loop.core().closing_sockets.keep_new(loop.core(), socket);
  }
  for (std::size_t i = 0; i < kPlaces; ++i) {
    assert_true(sends(pairs[i].client()));
    assert_true(ended(pairs[i].client()));
  }
  assert_false(sends(pairs[kPlaces].client()));
  loop.settle();
  loop.finish();
  assert_false(sends(pairs[0].client()));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_an_evicted_peer_that_sends_reads_goaway),
      cmocka_unit_test(test_it_closes_with_its_peer),
      cmocka_unit_test(test_it_closes_after_a_moment),
      cmocka_unit_test(test_the_oldest_gives_way),
      cmocka_unit_test(test_a_place_is_free_again),
      cmocka_unit_test(test_a_refused_peer_takes_a_free_place_only),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
