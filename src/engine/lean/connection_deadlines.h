// The times of one connection: when something happened last, and which deadline follows from it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "engine/lean/timer_heap.h"
#include "engine/limits.h"

namespace mote::lean {

// How long a peer may take for the last steps of a connection: to read the last bytes before the socket is closed, and
// to acknowledge the first GOAWAY before the second goes out.
inline constexpr Time kLinger = std::chrono::seconds(1);

class ConnectionDeadlines {
 public:
  // In order of precedence, where several have passed.
  enum class Deadline : std::uint8_t { None, WriteStall, Linger, Preface, HeaderBlock, Drain, Idle, Keepalive };

  // The state of the connection that the deadlines depend on.
  struct State {
    bool established;  // The peer's preface and SETTINGS have arrived.
    bool goaway_sent;
    bool has_calls;
  };

  // `limits` outlive this; they may change.
  ConnectionDeadlines(const engine::Limits& limits, Time now);

  // The earliest deadline. Unsent bytes suspend all others except write-stall-ms: the others need room to send.
  [[nodiscard]] Time next(const State& state) const;
  // The deadline that has passed at `now`.
  [[nodiscard]] Deadline passed(const State& state, Time now) const;

  // The peer sent bytes or read some of ours: it is alive, and a PING needs no answer.
  void note_activity(Time now) {
    active_at_ = now;
    ping_sent_at_ = kNever;
  }
  // Whether a frame or a header block has arrived in part.
  void note_partial(bool partial, Time now);
  // The socket takes no more bytes.
  void note_blocked(Time now) { blocked_since_ = std::min(blocked_since_, now); }
  // The socket took some of the unsent bytes.
  void note_progress(Time now) { blocked_since_ = now; }
  // The socket took the last of the unsent bytes.
  void note_all_sent(Time now);
  // The last call is over.
  void note_idle(Time now) { idle_since_ = now; }
  void note_ping(Time now) { ping_sent_at_ = now; }
  void note_drain(Time now) { drain_since_ = std::min(drain_since_, now); }
  void note_lingering(Time now) { lingering_since_ = now; }

  // A keepalive PING has no answer yet.
  [[nodiscard]] bool ping_pending() const { return ping_sent_at_ != kNever; }
  // Whole seconds since the budgets were refilled; they count as refilled then.
  [[nodiscard]] std::uint32_t take_refill_seconds(Time now);

 private:
  [[nodiscard]] Time write_stall() const;
  [[nodiscard]] Time preface(const State& state) const;
  [[nodiscard]] Time header_block() const;
  [[nodiscard]] Time drain(const State& state) const;
  [[nodiscard]] Time idle(const State& state) const;
  [[nodiscard]] Time keepalive() const;

  const engine::Limits& limits_;
  Time opened_at_;
  Time active_at_;
  Time idle_since_;
  Time refilled_at_;
  Time partial_since_ = kNever;
  Time blocked_since_ = kNever;
  Time ping_sent_at_ = kNever;
  Time drain_since_ = kNever;
  Time lingering_since_ = kNever;
};

}  // namespace mote::lean
