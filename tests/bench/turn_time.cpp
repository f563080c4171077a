// How long one turn of the loop takes at most while 60 connections do their worst: the time that a call of somebody else waits.
// It is the processor's time of this thread, so that other load on the machine does not count. Prints a table.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "engine/log.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"

namespace {

using namespace mote::test;

constexpr std::size_t kAttackers = 60;
constexpr int kTurns = 400;

double thread_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// What one attacker sends repeatedly; `first` is its next stream id.
using Attack = Octets (*)(std::uint32_t& first);

std::uint32_t take(std::uint32_t& first) {
  const std::uint32_t id = first;
  first += 2;
  return id;
}

Octets small_calls(std::uint32_t& first) {
  FrameScript script;
  for (int i = 0; i < 60; ++i)
    script.raw(echo_call(take(first), "Reply", echo_data("a")).bytes());
  return script.bytes();
}

// Blocks just below the limits, in one byte for each field: an entry that is deep in a full header table.
Octets deep_entries(std::uint32_t& first) {
  FrameScript script;
  if (first == 1) {
    Block entries = echo_head("Reply");
    for (int i = 0; i < 50; ++i)
      entries.remembered("n" + std::to_string(i), "");
    script.headers(take(first), entries, kEndAll);
  }
  Block block = echo_head("Reply");
  for (int i = 0; i < 59; ++i)
    block.indexed(62 + 49);
  for (int i = 0; i < 60; ++i)
    script.headers(take(first), block, kEndAll);
  return script.bytes();
}

// A large entry in one byte: 8 KB of fields to check in a frame of 100 bytes.
Octets large_entries(std::uint32_t& first) {
  FrameScript script;
  if (first == 1) script.headers(take(first), echo_head("Reply").remembered("n", std::string(3900, 'v')), kEndAll);
  const Block block = echo_head("Reply").indexed(62).indexed(62);
  for (int i = 0; i < 60; ++i)
    script.headers(take(first), block, kEndAll);
  return script.bytes();
}

Octets pings(std::uint32_t& /*first*/) {
  FrameScript script;
  for (std::uint64_t i = 0; i < 300; ++i)
    script.ping(i);
  return script.bytes();
}

Octets streams_of_replies(std::uint32_t& first) {
  FrameScript script;
  script.window_update(0, 1'000'000);
  for (int i = 0; i < 10; ++i)
    script.raw(echo_call(take(first), "ReplyStream", echo_data("a", 100'000)).bytes());
  return script.bytes();
}

struct Attacker {
  int socket;
  Octets unsent;
  std::uint32_t next = 1;

  // Reads everything, and sends as much as the socket takes.
  void work(Attack attack) {
    std::array<char, 65536> ignored{};
    while (::recv(socket, ignored.data(), ignored.size(), 0) > 0) {
    }
    if (unsent.empty()) unsent = attack(next);
    const ssize_t sent = ::send(socket, unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (sent > 0) unsent.erase(unsent.begin(), unsent.begin() + sent);
  }
};

struct Result {
  double longest_ms = 0;
  double mean_ms = 0;
  std::size_t left = 0;
};

Result measure(Attack attack) {
  LeanLoop loop(limits([](mote::engine::Limits& chosen) {
    chosen.max_streams = 1000;
    // The flood budgets would end the attack.
    chosen.idle_frame_budget = 1'000'000;
    chosen.reset_budget = 100'000;
  }));
  std::vector<Attacker> attackers;
  for (std::size_t i = 0; i < kAttackers; ++i)
    attackers.push_back({.socket = loop.connect_socket(), .unsent = hello().settings_ack().bytes()});
  Result result;
  for (int turn = 0; turn < kTurns; ++turn) {
    for (Attacker& attacker : attackers)
      attacker.work(attack);
    const double before = thread_ms();
    loop.turn();
    const double took = thread_ms() - before;
    result.longest_ms = std::max(result.longest_ms, took);
    result.mean_ms += took / kTurns;
  }
  result.left = loop.connections();
  for (const Attacker& attacker : attackers)
    ::close(attacker.socket);
  loop.settle();
  loop.finish();
  return result;
}

}  // namespace

int main() {
  mote::engine::set_log_level(mote::engine::LogLevel::Error);
  const struct {
    const char* name;
    Attack attack;
  } attacks[] = {
      {"small calls", small_calls},
      {"deep entries of the header table", deep_entries},
      {"large entries of the header table", large_entries},
      {"PING", pings},
      {"streams of small replies", streams_of_replies},
  };
  std::printf("%-36s%12s%12s%12s\n", "60 connections", "longest ms", "mean ms", "still open");
  for (const auto& [name, attack] : attacks) {
    const Result result = measure(attack);
    std::printf("%-36s%12.3f%12.3f%12zu\n", name, result.longest_ms, result.mean_ms, result.left);
  }
  return 0;
}
