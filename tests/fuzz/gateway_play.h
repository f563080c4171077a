// One run of the lean engine with a fuzzer: its limits, the turns of the input, and the end. Afterwards nothing may remain: no
// call, no block, no timer, and no unanswered call of a lawful client.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

#include "engine/lean/engine.h"
#include "fuzz/client.h"
#include "fuzz/fake_system.h"
#include "services/echo.h"
#include "services/health.h"

namespace mote::fuzz {

using namespace std::chrono_literals;

inline constexpr std::uint32_t kKiB = 1024;

struct Setup {
  explicit Setup(std::uint8_t bits)
      : raw(bits & 1),
        eager(bits & 8),
        greets(bits & 16),
        drains(bits & 128),
        limits(limits_of(bits >> 1 & 3, bits & 32)) {}

  bool raw;
  bool eager;   // The input acts before the engine has done all that it can.
  bool greets;  // Raw: a preface and SETTINGS come before the bytes.
  bool drains;  // It ends with SIGTERM, not with the clients.
  engine::Limits limits;

 private:
  static engine::Limits limits_of(int profile, bool gzip) {
    engine::Limits limits;
    limits.gzip = gzip;
    limits.max_connections = 2;
    limits.max_streams = 12;
    limits.receive_bytes = 20 * kKiB;
    limits.send_bytes = 20 * kKiB;
    limits.max_message_bytes = 20 * kKiB;
    limits.buffer_bytes = 200 * kKiB;
    limits.connection_buffer_bytes = 120 * kKiB;
    if (profile == 1) {
      limits.max_message_bytes = kKiB;
      limits.buffer_bytes = 66 * kKiB;
      limits.connection_buffer_bytes = 65 * kKiB;
      limits.max_streams = 4;
      limits.max_streams_per_connection = 3;
      limits.max_header_bytes = 4096;
      limits.max_header_fields = 12;
      limits.max_header_frames = 2;
      limits.max_header_table_bytes = 0;
      limits.reset_budget = 10;
      limits.free_refusals = 3;
      limits.idle_frame_budget = 10;
    } else if (profile == 2) {
      limits.idle_timeout = 0ms;
      limits.keepalive = 0ms;
      limits.max_header_table_bytes = 768;
      limits.reset_refill = 0;
    } else if (profile == 3) {
      limits.idle_timeout = 50ms;
      limits.keepalive = 20ms;
      limits.keepalive_timeout = 10ms;
      limits.message_timeout = 30ms;
      limits.header_timeout = 30ms;
      limits.write_stall = 40ms;
      limits.preface_timeout = 25ms;
      limits.drain = 1s;
    }
    engine::resolve(limits);
    for (const engine::LimitRow& row : engine::limit_table())
      check(row.accepts(row.get(limits)));
    for (const engine::LimitRule& rule : engine::limit_rules())
      check(rule.holds(limits));
    return limits;
  }
};

inline constexpr std::array<std::size_t, 8> kSizes = {SIZE_MAX, 0, 1, 9, 50, 1000, 16384, 100000};
inline constexpr std::array<std::chrono::milliseconds, 8> kTimes = {1ms,    10ms,     100ms,    1000ms,
                                                                    5000ms, 31'000ms, 61'000ms, 3'600'000ms};

class ByteSource {
 public:
  explicit ByteSource(Bytes bytes) : left_(bytes) {}
  [[nodiscard]] bool empty() const { return left_.empty(); }
  [[nodiscard]] Bytes rest() const { return left_; }
  std::uint8_t next() { return left_.empty() ? 0 : take(1)[0]; }
  Bytes take(std::size_t size) {
    const Bytes taken = left_.first(std::min(size, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  template <class T, std::size_t size>
  T one_of(const std::array<T, size>& values) {
    return values[next() % size];
  }

 private:
  Bytes left_;
};

// The common part of both kinds of input: the end.
class Play : public Input {
 public:
  explicit Play(const Setup& setup) : setup_(setup), system_(*this) { system_.set_patience(setup.eager ? 0 : 8); }

  void run() {
    const std::array services = {services::echo(), services::health()};
    engine::Host host;
    lean::Engine engine(setup_.limits, rpc::ServiceTable(services), host);
    engine_ = &engine;
    const std::array addresses = {engine::Address{}};
    check(engine.start(addresses).empty());
    blocks_ = engine.usage().free_blocks;
    engine.run();
    check_left_over();
  }

  Next next(int timeout_ms) final {
    timeout_ms_ = timeout_ms;
    check_left_over();
    for (Client& client : clients_)
      client.listen();
    switch (phase_) {
      case Phase::Input:
        if (!at_end()) return act();
        phase_ = Phase::Settling;
        steps_ = 0;
        system_.set_patience(8);
        for (Client& client : clients_)
          client.settle();
        return Next::Look;
      case Phase::Settling:
        return settle();
      case Phase::Closing:
        return close();
      case Phase::Stopping:
        // A stream of replies a millisecond apart may continue for all of drain-seconds.
        check(++steps_ < 1000);
        return steps_ < 100 ? pass_to_timeout() : pass(50ms);
    }
    return Next::Look;
  }

 protected:
  ~Play() = default;
  virtual bool at_end() = 0;
  virtual Next act() = 0;

  Next pass(std::chrono::milliseconds time) {
    system_.pass(time);
    return Next::Return;
  }
  // A wait of the engine without events.
  Next pass_to_timeout() { return pass(std::chrono::milliseconds(std::max(timeout_ms_, 0))); }
  Client& add_client() { return clients_.emplace_back(system_, setup_.limits.max_header_table_bytes); }
  void stop() {
    if (!std::exchange(stopped_, true)) system_.stop();
  }
  void report() { system_.report(); }

  std::deque<Client>& clients() { return clients_; }
  [[nodiscard]] const Setup& setup() const { return setup_; }

 private:
  enum class Phase : std::uint8_t { Input, Settling, Closing, Stopping };
  // Longer than any work that clients have left after Client::settle(), unless they break rules.
  static constexpr int kSettlingSteps = 200;

  Next settle() {
    if (!system_.quiet() && ++steps_ < kSettlingSteps) return Next::Look;
    if (system_.quiet()) {
      for (Client& client : clients_)
        client.check_answered();
    }
    steps_ = 0;
    phase_ = setup_.drains ? Phase::Stopping : Phase::Closing;
    if (setup_.drains) {
      stop();
    } else {
      for (Client& client : clients_)
        client.close();
    }
    return Next::Look;
  }
  // A connection without its peer is closed at once.
  Next close() {
    if (!system_.quiet()) {
      check(++steps_ < 1000);
      return Next::Look;
    }
    check(engine_->usage().connections == 0);
    phase_ = Phase::Stopping;
    stop();
    return Next::Look;
  }

  void check_left_over() {
    const lean::Engine::Usage usage = engine_->usage();
    if (usage.connections != 0) return;
    check(usage.calls == 0 && usage.timers == 0 && usage.free_blocks == blocks_);
  }

  const Setup& setup_;
  System system_;
  std::deque<Client> clients_;
  lean::Engine* engine_ = nullptr;
  std::size_t blocks_ = 0;
  Phase phase_ = Phase::Input;
  int steps_ = 0;
  int timeout_ms_ = 0;
  bool stopped_ = false;
};

}  // namespace mote::fuzz
