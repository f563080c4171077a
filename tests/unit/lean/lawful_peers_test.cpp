// Models of real clients drive the whole engine, at random. None of them is ever sent a GOAWAY.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>

#include "bytes/address_sanitizer.h"
#include "support/cmocka_test.h"
#include "support/lawful_peer.h"
#include "support/lean_loop.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;

// Frames of all peers together.
#if MOTE_ADDRESS_SANITIZER
constexpr std::size_t kFrames = 200'000;  // The sanitizers slow a frame down by a factor of 25.
#else
constexpr std::size_t kFrames = 2'000'000;
#endif

// A peer over a network that delays bytes and cuts them anywhere.
class Link {
 public:
  Link(LeanLoop& loop, const Habits& habits, std::mt19937& random)
      : random_(random),
        socket_(loop.connect_socket()),
        peer_(habits, [this](std::size_t most) { return below(most); }) {}
  ~Link() { ::close(socket_); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  LawfulPeer& peer() { return peer_; }

  // Both directions carry some of what waits, now and then all of it.
  void carry() {
    const Octets output = peer_.output();
    to_server_.insert(to_server_.end(), output.begin(), output.end());
    const Octets sent(to_server_.begin(), to_server_.begin() + static_cast<std::ptrdiff_t>(some_of(to_server_.size())));
    const ssize_t size = sent.empty() ? 0 : ::send(socket_, sent.data(), sent.size(), MSG_NOSIGNAL);
    if (size > 0) to_server_.erase(to_server_.begin(), to_server_.begin() + size);
    if (size < 0 && errno != EAGAIN) fail_msg("%s: the connection is closed", peer_.name().data());

    std::array<std::uint8_t, 65536> buffer;
    const ssize_t received = ::recv(socket_, buffer.data(), some_of(buffer.size()), 0);
    if (received > 0) peer_.receive(std::span(buffer).first(static_cast<std::size_t>(received)));
    if (!peer_.goaway().empty()) fail_msg("%s: %s", peer_.name().data(), peer_.goaway().c_str());
  }

 private:
  std::size_t some_of(std::size_t size) { return below(3) == 0 ? size : below(std::min<std::size_t>(size, 3000)); }
  // Uniform enough, and ten times as fast as std::uniform_int_distribution.
  std::size_t below(std::size_t most) { return random_() % (most + 1); }

  std::mt19937& random_;
  int socket_;
  std::deque<std::uint8_t> to_server_;
  LawfulPeer peer_;
};

// `links` run until `frames` are sent, then wind up until no call is open.
void drive(LeanLoop& loop, std::deque<Link>& links, std::mt19937& random, std::size_t frames) {
  std::size_t sent = 0;
  bool idle = false;
  for (std::size_t step = 0; sent < frames || !idle; ++step) {
    if (step > frames) fail_msg("calls are left open");
    loop.core().now += std::chrono::microseconds(1 + random() % 200);
    const bool winding_up = sent >= frames;
    idle = winding_up;
    sent = 0;
    for (Link& link : links) {
      for (std::size_t actions = random() % 4; actions != 0 && !winding_up; --actions)
        link.peer().act(loop.core().now);
      if (winding_up) link.peer().wind_up(loop.core().now);
      link.carry();
      sent += link.peer().frames_sent();
      idle &= link.peer().idle();
    }
    loop.turn();
  }
}

void check(LeanLoop& loop, std::deque<Link>& links) {
  assert_int_equal(loop.count(LimitId::ResetBudget), 0);
  assert_int_equal(loop.count(LimitId::IdleFrameBudget), 0);
  assert_int_equal(loop.connections(), links.size());
  for (int i = 0; i < 100; ++i) {
    for (Link& link : links)
      link.carry();
    loop.turn();
  }
  // The server grants the connection's window again in halves, late DATA included.
  for (Link& link : links)
    assert_true(link.peer().connection_window() > 65535 / 2);
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

// Resolved defaults, with so many calls that no peer is refused one.
engine::Limits roomy() {
  engine::Limits limits;
  limits.max_streams = 1000;
  engine::resolve(limits);
  return limits;
}

void test_each_peer_alone(void**) {
  std::mt19937 random = seeded_random();
  for (const Habits* habits : kLawfulPeers) {
    LeanLoop loop(roomy());
    std::deque<Link> links;
    links.emplace_back(loop, *habits, random);
    drive(loop, links, random, kFrames / 10);
    check(loop, links);
  }
}

// max-streams and the pool are short: calls are refused that exceed no limit of their connection.
void test_all_peers_at_once(void**) {
  std::mt19937 random = seeded_random();
  engine::Limits limits;
  limits.max_streams = 20;
  engine::resolve(limits);
  LeanLoop loop(limits);
  std::deque<Link> links;
  for (const Habits* habits : kLawfulPeers)
    links.emplace_back(loop, *habits, random);
  drive(loop, links, random, kFrames / 2);
  assert_true(loop.count(LimitId::MaxStreams) > 0);
  check(loop, links);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_each_peer_alone),
      cmocka_unit_test(test_all_peers_at_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
