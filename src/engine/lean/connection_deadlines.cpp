#include "engine/lean/connection_deadlines.h"

#include <algorithm>
#include <utility>

#include "engine/lean/progress.h"

namespace mote::lean {

namespace {

// Budgets are full again after this long, whatever their size and refill; keeps the product within 32 bits.
constexpr std::uint32_t kLongestRefillSeconds = 3600;

// The age of a connection differs from max-connection-age by at most a tenth.
constexpr std::int32_t kThousand = 1000;
constexpr std::int32_t kMostJitter = 100;

std::int16_t jitter_of(std::uint32_t random) {
  return static_cast<std::int16_t>(static_cast<std::int32_t>(random % (2 * kMostJitter + 1)) - kMostJitter);
}

std::uint32_t second_of(Time time) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

}  // namespace

ConnectionDeadlines::ConnectionDeadlines(const engine::Limits& limits, Time now, std::uint32_t random)
    : limits_(limits),
      step_since_(now),
      active_at_(now),
      quiet_since_(now),
      accepted_second_(second_of(now)),
      refilled_second_(second_of(now)),
      jitter_(jitter_of(random)) {
}

void ConnectionDeadlines::note_partial(bool partial, Time now) {
  if (!partial || partial_since_ == kNever) slow_ = false;
  partial_since_ = partial ? std::min(partial_since_, now) : kNever;
}

void ConnectionDeadlines::note_blocked(Time now) {
  if (blocked_since_ == kNever) slow_ = false;
  blocked_since_ = std::min(blocked_since_, now);
}

void ConnectionDeadlines::extend(Time& since, std::size_t bytes, Time timeout, Time now) {
  since = extended(since + timeout, bytes, timeout, limits_, now) - timeout;
  slow_ = true;
}

// While bytes are unsent the peer is not read, so it cannot complete a frame or acknowledge SETTINGS: its time starts again.
void ConnectionDeadlines::note_all_sent(Time now) {
  blocked_since_ = kNever;
  if (partial_since_ != kNever) partial_since_ = now;
  step_since_ = now;
}

std::uint32_t ConnectionDeadlines::take_refill_seconds(Time now) {
  const std::uint32_t passed = second_of(now) - refilled_second_;
  refilled_second_ += passed;
  return std::min(passed, kLongestRefillSeconds);
}

Time ConnectionDeadlines::next(const State& state) const {
  if (blocked_since_ != kNever) return write_stall();
  if (end_ == End::Linger) return end_due_;
  const Time age_due = !state.established ? kNever : end_ == End::None ? age() : age_grace(state);
  return std::min({preface(state), settings(state), header_block(), drain(state), idle(state), call_idle(state),
                   age_due, keepalive()});
}

ConnectionDeadlines::Deadline ConnectionDeadlines::passed(const State& state, Time now) const {
  if (blocked_since_ != kNever) return write_stall() <= now ? Deadline::WriteStall : Deadline::None;
  if (end_ == End::Linger) return end_due_ <= now ? Deadline::Linger : Deadline::None;
  if (preface(state) <= now) return Deadline::Preface;
  if (settings(state) <= now) return Deadline::Settings;
  if (header_block() <= now) return Deadline::HeaderBlock;
  if (drain(state) <= now) return Deadline::Drain;
  if (idle(state) <= now) return Deadline::Idle;
  if (end_ == End::None && state.established && aged(now)) return Deadline::Age;
  if (end_ != End::None && age_grace(state) <= now) return Deadline::AgeGrace;
  if (call_idle(state) <= now) return Deadline::CallIdle;
  if (keepalive() <= now) return Deadline::Keepalive;
  return Deadline::None;
}

Time ConnectionDeadlines::write_stall() const {
  return blocked_since_ + limits_.write_stall;
}

Time ConnectionDeadlines::preface(const State& state) const {
  return state.established ? kNever : step_since_ + limits_.preface_timeout;
}

Time ConnectionDeadlines::settings(const State& state) const {
  const bool waits = state.established && !state.settings_acknowledged;
  return waits ? step_since_ + limits_.settings_timeout : kNever;
}

Time ConnectionDeadlines::header_block() const {
  return partial_since_ == kNever ? kNever : partial_since_ + limits_.header_timeout;
}

Time ConnectionDeadlines::drain(const State& state) const {
  return end_ != End::Drain || state.goaway_sent ? kNever : end_due_;
}

Time ConnectionDeadlines::idle(const State& state) const {
  const bool off = limits_.idle_timeout.count() == 0 || state.has_calls || end_ != End::None;
  return off ? kNever : quiet_since_ + limits_.idle_timeout;
}

Time ConnectionDeadlines::call_idle(const State& state) const {
  const bool off = limits_.call_idle_timeout.count() == 0 || !state.has_calls;
  return off ? kNever : quiet_since_ + limits_.call_idle_timeout;
}

Time ConnectionDeadlines::age() const {
  const Time most = limits_.max_connection_age;
  // From the end of the second in which it was accepted, so that it is not shorter.
  return most == Time::zero() ? kNever : std::chrono::seconds(accepted_second_ + 1) + most + most / kThousand * jitter_;
}

Time ConnectionDeadlines::age_grace(const State& state) const {
  const Time grace = limits_.max_connection_age_grace;
  const Time end = age();
  return grace == Time::zero() || end == kNever || !state.has_calls || age_grace_over_ ? kNever : end + grace;
}

Time ConnectionDeadlines::keepalive() const {
  if (limits_.keepalive.count() == 0) return kNever;
  return ping_pending() ? ping_sent_at_ + limits_.keepalive_timeout : active_at_ + limits_.keepalive;
}

}  // namespace mote::lean
