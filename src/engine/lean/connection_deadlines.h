// The times of one connection: when something happened last, and which deadline follows from it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "engine/lean/timer_heap.h"
#include "engine/limits.h"

namespace mote::lean {

// How long a peer may take for the last steps of a connection: to read the last bytes before the socket is closed, and when the
// gateway shuts down, to acknowledge the PING behind the first GOAWAY before the second goes out.
inline constexpr Time kLinger = std::chrono::seconds(1);

class ConnectionDeadlines {
 public:
  // In order of precedence, where several have passed.
  enum class Deadline : std::uint8_t {
    None,
    WriteStall,
    Linger,
    Preface,
    Settings,
    HeaderBlock,
    Drain,
    Idle,
    Age,
    AgeGrace,
    CallIdle,  // A call may have been open for call-idle-timeout-ms without a message: see note_calls_since().
    Keepalive
  };

  // The state of the connection that the deadlines depend on.
  struct State {
    bool established;            // The peer's preface and SETTINGS have arrived.
    bool settings_acknowledged;  // It has acknowledged ours.
    bool goaway_sent;
    bool has_calls;
  };

  // `limits` outlive this; they may change. `random`: evenly distributed, for the age of this connection.
  ConnectionDeadlines(const engine::Limits& limits, Time now, std::uint32_t random);

  // The earliest deadline. Unsent bytes suspend all others except write-stall-ms: the others need room to send.
  [[nodiscard]] Time next(const State& state) const;
  // The deadline that has passed at `now`.
  [[nodiscard]] Deadline passed(const State& state, Time now) const;

  // The peer sent bytes or read some of ours: it is alive, and a PING needs no answer.
  void note_activity(Time now) {
    active_at_ = now;
    ping_sent_at_ = kNever;
  }
  // TLS is established: the time for the preface begins.
  void note_handshake_over(Time now) { step_since_ = now; }
  // The peer's preface is complete: it has to acknowledge our SETTINGS.
  void note_established(Time now) { step_since_ = now; }
  // Bytes arrived; those of a header block or of a frame's fixed part are progress.
  void note_received(std::size_t bytes, Time now) {
    if (partial_since_ != kNever) extend(partial_since_, bytes, limits_.header_timeout, now);
  }
  // Whether a frame or a header block has arrived in part.
  void note_partial(bool partial, Time now);
  // The socket takes no more bytes.
  void note_blocked(Time now);
  // The socket took some of the unsent bytes.
  void note_progress(std::size_t bytes, Time now) {
    if (blocked_since_ != kNever) extend(blocked_since_, bytes, limits_.write_stall, now);
  }
  // The socket took the last of the unsent bytes.
  void note_all_sent(Time now);
  // The last call is over.
  void note_idle(Time now) { quiet_since_ = now; }
  // Of the calls that call-idle-timeout-ms may end, the one with the oldest message had it at `oldest`.
  void note_calls_since(Time oldest) { quiet_since_ = oldest; }
  void note_ping(Time now) { ping_sent_at_ = now; }
  // The calls that were open at the end of max-connection-age-grace have been ended.
  void note_age_grace_over() { age_grace_over_ = true; }
  // The second GOAWAY goes out at `due` if the PING behind the first is not acknowledged before.
  void note_drain(Time due) {
    if (end_ == End::Linger) return;
    end_due_ = end_ == End::None ? due : std::min(end_due_, due);
    end_ = End::Drain;
  }
  void note_lingering(Time now) {
    end_ = End::Linger;
    end_due_ = now + kLinger;
  }

  // The end of the last call, or with open calls at most the last message of one.
  [[nodiscard]] Time quiet_since() const { return quiet_since_; }
  // For `time` the socket has taken less than min-progress-bytes.
  [[nodiscard]] bool blocked_for(Time time, Time now) const {
    return blocked_since_ != kNever && now - blocked_since_ >= time;
  }
  // A timeout that has passed was extended before: the peer was not silent, but slower than min-progress-bytes.
  [[nodiscard]] bool slow() const { return slow_; }
  // It is as old as max-connection-age allows.
  [[nodiscard]] bool aged(Time now) const { return age() <= now; }
  // A keepalive PING has no answer yet.
  [[nodiscard]] bool ping_pending() const { return ping_sent_at_ != kNever; }
  // Whole seconds since the budgets were refilled; they count as refilled then.
  [[nodiscard]] std::uint32_t take_refill_seconds(Time now);

 private:
  enum class End : std::uint8_t { None, Drain, Linger };

  [[nodiscard]] Time write_stall() const;
  void extend(Time& since, std::size_t bytes, Time timeout, Time now);
  [[nodiscard]] Time preface(const State& state) const;
  [[nodiscard]] Time settings(const State& state) const;
  [[nodiscard]] Time header_block() const;
  [[nodiscard]] Time drain(const State& state) const;
  [[nodiscard]] Time idle(const State& state) const;
  [[nodiscard]] Time call_idle(const State& state) const;
  [[nodiscard]] Time age() const;
  [[nodiscard]] Time age_grace(const State& state) const;
  [[nodiscard]] Time keepalive() const;

  const engine::Limits& limits_;
  Time step_since_;  // Of the step at hand: the peer's preface, then its acknowledgement of our SETTINGS.
  Time active_at_;
  Time quiet_since_;  // The end of the last call; with open calls, note_calls_since() or earlier.
  Time partial_since_ = kNever;
  Time blocked_since_ = kNever;
  Time ping_sent_at_ = kNever;
  Time end_due_{};                 // Of Drain or Linger.
  std::uint32_t accepted_second_;  // Of the clock, as the next one: 4 bytes are enough.
  std::uint32_t refilled_second_;
  std::int16_t jitter_;  // Of the age, in thousandths.
  End end_ = End::None;
  bool slow_ = false;
  bool age_grace_over_ = false;
};

}  // namespace mote::lean
