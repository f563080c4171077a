#include "engine/lean/connection_deadlines.h"

#include <algorithm>
#include <utility>

namespace mote::lean {

namespace {

// Budgets are full again after this long, whatever their size and refill; keeps the product within 32 bits.
constexpr std::int64_t kLongestRefillSeconds = 3600;

}  // namespace

ConnectionDeadlines::ConnectionDeadlines(const engine::Limits& limits, Time now)
    : limits_(limits), opened_at_(now), active_at_(now), idle_since_(now), refilled_at_(now) {
}

void ConnectionDeadlines::note_partial(bool partial, Time now) {
  partial_since_ = partial ? std::min(partial_since_, now) : kNever;
}

// While bytes are unsent the peer is not read, so it cannot complete a frame: its time starts again.
void ConnectionDeadlines::note_all_sent(Time now) {
  blocked_since_ = kNever;
  if (partial_since_ != kNever) partial_since_ = now;
}

std::uint32_t ConnectionDeadlines::take_refill_seconds(Time now) {
  const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - refilled_at_);
  refilled_at_ += passed;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(passed.count(), kLongestRefillSeconds));
}

Time ConnectionDeadlines::next(const State& state) const {
  if (blocked_since_ != kNever) return write_stall();
  if (lingering_since_ != kNever) return lingering_since_ + kLinger;
  return std::min({preface(state), header_block(), drain(state), idle(state), keepalive()});
}

ConnectionDeadlines::Deadline ConnectionDeadlines::passed(const State& state, Time now) const {
  if (blocked_since_ != kNever) return write_stall() <= now ? Deadline::WriteStall : Deadline::None;
  if (lingering_since_ != kNever) return lingering_since_ + kLinger <= now ? Deadline::Linger : Deadline::None;
  if (preface(state) <= now) return Deadline::Preface;
  if (header_block() <= now) return Deadline::HeaderBlock;
  if (drain(state) <= now) return Deadline::Drain;
  if (idle(state) <= now) return Deadline::Idle;
  if (keepalive() <= now) return Deadline::Keepalive;
  return Deadline::None;
}

Time ConnectionDeadlines::write_stall() const {
  return blocked_since_ + limits_.write_stall;
}

Time ConnectionDeadlines::preface(const State& state) const {
  return state.established ? kNever : opened_at_ + limits_.preface_timeout;
}

Time ConnectionDeadlines::header_block() const {
  return partial_since_ == kNever ? kNever : partial_since_ + limits_.header_timeout;
}

Time ConnectionDeadlines::drain(const State& state) const {
  return drain_since_ == kNever || state.goaway_sent ? kNever : drain_since_ + kLinger;
}

Time ConnectionDeadlines::idle(const State& state) const {
  const bool off = limits_.idle_timeout.count() == 0 || state.has_calls || drain_since_ != kNever;
  return off ? kNever : idle_since_ + limits_.idle_timeout;
}

Time ConnectionDeadlines::keepalive() const {
  if (limits_.keepalive.count() == 0) return kNever;
  return ping_pending() ? ping_sent_at_ + limits_.keepalive_timeout : active_at_ + limits_.keepalive;
}

}  // namespace mote::lean
