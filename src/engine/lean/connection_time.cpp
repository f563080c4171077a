// How a Connection ends, and what it does when a time has come.
#include <algorithm>

#include "engine/lean/connection.h"
#include "engine/lean/peer.h"
#include "engine/log.h"

namespace mote::lean {

namespace {

using engine::LimitId;
using engine::LogLevel;
using engine::LogLine;

// The PING between the two GOAWAYs of a graceful end; without an answer the second goes out after kLinger.
constexpr std::uint64_t kDrainPing = 0x6d6f746564726169;
constexpr std::uint64_t kKeepalivePing = 0x6d6f74656b656570;
// Budgets are full again after this long, whatever their size and refill; keeps the product within 32 bits.
constexpr std::int64_t kLongestRefillSeconds = 3600;

}  // namespace

void Connection::drain() {
  if (state_ != State::Open) return;
  drain_since_ = std::min(drain_since_, core_.now);
  begin_turn();
  for (http2::Stream *stream = http2_.first_stream(), *next = nullptr; stream != nullptr; stream = next) {
    next = stream->next;
    static_cast<Call&>(*stream).ready();
    settle(static_cast<Call&>(*stream));
  }
  end_turn();
}

// RFC 9113 6.8: a first GOAWAY that refuses nothing, and once the client must have seen it, the one that counts.
void Connection::announce_drain() {
  if (drain_since_ == kNever || drain_announced_ || !unsent_.empty() || http2_.failed()) return;
  drain_announced_ = true;
  if (!http2_.established()) return finish_drain();
  http2_.announce_goaway(goaway_reason(), out_);
  http2_.ping(kDrainPing, out_);
}

void Connection::finish_drain() {
  if (http2_.goaway_sent()) return;
  greet();
  http2_.goaway(http2::ErrorCode::NoError, goaway_reason(), out_);
}

std::string_view Connection::goaway_reason() const {
  return core_.server.shutting_down ? "shutting down" : "idle";
}

void Connection::linger() {
  state_ = State::Lingering;
  lingers_since_ = core_.now;
  input_.clear(share_);
}

// Closes at the end of this turn, without a word: there is no way left to say one.
void Connection::drop(std::string_view reason, LimitId limit) {
  core_.counters.add(limit);
  LogLine(LogLevel::Warn, "connection-dropped")
      .field("peer", peer_text(socket_.descriptor()).view())
      .field("reason", reason);
  peer_gone_ = true;
}

// --- Time ---

void Connection::refill_budgets() {
  const auto passed = std::chrono::duration_cast<std::chrono::seconds>(core_.now - refilled_at_);
  if (passed.count() == 0) return;
  refilled_at_ += passed;
  const auto seconds = static_cast<std::uint32_t>(std::min<std::int64_t>(passed.count(), kLongestRefillSeconds));
  http2_.earn_resets(seconds * core_.limits.reset_refill);
  http2_.earn_refusals(seconds * core_.limits.free_refusals);
  http2_.earn_idle_frames(seconds * core_.limits.idle_frame_refill);
}

Time Connection::next_due() const {
  if (!unsent_.empty()) return stall_due();  // The other times have to wait for room.
  if (state_ == State::Lingering) return lingers_since_ + kLinger;
  return std::min({stall_due(), establish_due(), partial_due(), drain_due(), idle_due(), keepalive_due()});
}

Time Connection::stall_due() const {
  return unsent_since_ == kNever ? kNever : unsent_since_ + core_.limits.write_stall;
}

Time Connection::establish_due() const {
  return http2_.established() ? kNever : opened_at_ + core_.limits.preface_timeout;
}

Time Connection::partial_due() const {
  return partial_since_ == kNever ? kNever : partial_since_ + core_.limits.header_timeout;
}

Time Connection::drain_due() const {
  return drain_since_ == kNever || http2_.goaway_sent() ? kNever : drain_since_ + kLinger;
}

Time Connection::idle_due() const {
  const bool off = core_.limits.idle_timeout.count() == 0 || open_calls() != 0 || drain_since_ != kNever;
  return off ? kNever : idle_since_ + core_.limits.idle_timeout;
}

Time Connection::keepalive_due() const {
  if (core_.limits.keepalive.count() == 0) return kNever;
  if (ping_sent_at_ != kNever) return ping_sent_at_ + core_.limits.keepalive_timeout;
  return received_at_ + core_.limits.keepalive;
}

void Connection::on_due() {
  if (state_ == State::Lingering && unsent_.empty()) {
    if (next_due() <= core_.now) return core_.owner.close(*this);
    return core_.timers.arm(*this, next_due());
  }
  begin_turn();
  act_on_time();
  end_turn();
}

void Connection::act_on_time() {
  const Time now = core_.now;
  if (stall_due() <= now) {
    drop("the peer does not take what it asked for", LimitId::WriteStall);
  } else if (!unsent_.empty()) {
    return;
  } else if (establish_due() <= now) {
    time_out(LimitId::PrefaceTimeout, http2::ErrorCode::ProtocolError, "no preface in time");
  } else if (partial_due() <= now) {
    time_out(LimitId::HeaderTimeout, http2::ErrorCode::EnhanceYourCalm, "header block not ended in time");
  } else if (drain_due() <= now) {
    finish_drain();
  } else if (idle_due() <= now) {
    core_.counters.add(LimitId::IdleTimeout);
    drain_since_ = now;
  } else if (keepalive_due() <= now) {
    keep_alive();
  }
}

void Connection::time_out(LimitId limit, http2::ErrorCode code, std::string_view reason) {
  core_.counters.add(limit);
  greet();
  http2_.fail(code, reason, out_);
}

void Connection::keep_alive() {
  if (ping_sent_at_ != kNever) return drop("no answer to PING", LimitId::KeepaliveTimeout);
  core_.counters.add(LimitId::Keepalive);
  ping_sent_at_ = core_.now;
  http2_.ping(kKeepalivePing, out_);
}

void Connection::watch(std::uint32_t events) {
  if (events == watched_events_) return;
  watched_events_ = events;
  core_.poller.change(socket_.descriptor(), events, *this);
}

}  // namespace mote::lean
