// How a Connection ends and what it does when a deadline passes.
#include <algorithm>

#include "engine/lean/connection.h"
#include "engine/lean/peer.h"
#include "engine/log.h"
#include "engine/refusals.h"

namespace mote::lean {

namespace {

using engine::LimitId;
using engine::LogLevel;
using engine::LogLine;
using Deadline = ConnectionDeadlines::Deadline;

constexpr std::uint64_t kKeepalivePing = 0x6d6f74656b656570;

}  // namespace

void Connection::drain() {
  if (state_ != State::Open) return;
#ifdef MOTE_TLS
  if (in_handshake()) {
    if (!core_.server.shutting_down) return core_.owner.close(*this);
    // The client may have sent a call already, right behind its last message of the handshake.
    request_drain();
    return core_.timers.arm(*this, deadlines_.next(deadline_state()));
  }
#endif
  request_drain();
  begin_turn();
  for (http2::Stream *stream = http2_.first_stream(), *next = nullptr; stream != nullptr; stream = next) {
    next = stream->next;
    static_cast<StreamCall&>(*stream).ready();
    settle(static_cast<StreamCall&>(*stream));
  }
  end_turn();
}

// A peer that does not get the processor for a while, such as a busy proxy, sends calls until it has read the first GOAWAY. The end
// of one connection can wait for it; a shutdown cannot wait long.
void Connection::request_drain() {
  const Time most = core_.server.shutting_down ? kLinger : Time(core_.limits.keepalive_timeout);
  deadlines_.note_drain(core_.now + most);
  graceful_end_.request();
}

void Connection::announce_drain() {
  // A peer without a preface may have sent it, and a call. It has until the second GOAWAY is due.
  if (!graceful_end_.requested() || !http2_.established() || !unsent_.empty() || http2_.failed()) return;
  graceful_end_.announce(http2_, goaway_reason(), out_);
}

void Connection::complete_drain() {
  send_preface();
  graceful_end_.complete(http2_, goaway_reason(), out_);
}

std::string_view Connection::goaway_reason() const {
  if (core_.server.shutting_down) return "shutting down";
  return deadlines_.aged(core_.now) ? "max-connection-age" : "idle";
}

void Connection::linger() {
  state_ = State::Lingering;
  deadlines_.note_lingering(core_.now);
  input_.clear(share_);
  input_waits_ = false;
}

// Closes at the end of this turn without a GOAWAY, because it cannot be delivered.
void Connection::abort(std::string_view reason, LimitId limit) {
  note_limit(limit);
  LogLine(LogLevel::Warn, "connection-aborted").field("peer", peer().view()).field("reason", reason);
  peer_gone_ = true;
}

// --- Time ---

void Connection::refill_budgets() {
  const std::uint32_t seconds = deadlines_.take_refill_seconds(core_.now);
  if (seconds == 0) return;
  http2_.refund_resets(seconds * core_.limits.reset_refill);
  http2_.refund_refusals(seconds * core_.limits.free_refusals);
  http2_.refund_idle_frames(seconds * core_.limits.idle_frame_refill);
}

ConnectionDeadlines::State Connection::deadline_state() const {
  return {.established = http2_.established(),
          .settings_acknowledged = http2_.settings_acknowledged(),
          .goaway_sent = http2_.goaway_sent(),
          .has_calls = open_calls() != 0};
}

void Connection::on_due() {
#ifdef MOTE_TLS
  if (in_handshake()) return on_handshake_due();
#endif
  if (state_ == State::Lingering && unsent_.empty()) {
    const ConnectionDeadlines::State state = deadline_state();
    if (deadlines_.passed(state, core_.now) == Deadline::Linger) return core_.owner.close(*this);
    return core_.timers.arm(*this, deadlines_.next(state));
  }
  begin_turn();
  act_on_time();
  end_turn();
}

void Connection::act_on_time() {
  switch (deadlines_.passed(deadline_state(), core_.now)) {
    case Deadline::WriteStall:
      if (deadlines_.slow()) note_limit(LimitId::MinProgressBytes);
      return abort("the peer does not read what was sent", LimitId::WriteStall);
    case Deadline::Preface:
      return time_out(LimitId::PrefaceTimeout, http2::ErrorCode::ProtocolError, "no preface in time");
    case Deadline::Settings:
      return time_out(LimitId::SettingsTimeout, http2::ErrorCode::SettingsTimeout, "SETTINGS not acknowledged in time");
    case Deadline::HeaderBlock:
      if (deadlines_.slow()) note_limit(LimitId::MinProgressBytes);
      return time_out(LimitId::HeaderTimeout, http2::ErrorCode::EnhanceYourCalm, "header block not ended in time");
    case Deadline::Drain:
      return complete_drain();
    case Deadline::Idle:
      note_limit(LimitId::IdleTimeout);
      return request_drain();
    case Deadline::Age:
      note_limit(LimitId::MaxConnectionAge);
      return request_drain();
    case Deadline::AgeGrace:
      return end_aged_calls();
    case Deadline::CallIdle:
      return end_idle_calls();
    case Deadline::Keepalive:
      return keep_alive();
    case Deadline::Linger:
    case Deadline::None:
      return;
  }
}

// Ends the calls without a message for call-idle-timeout-ms, and notes when the next one may be due.
void Connection::end_idle_calls() {
  Time oldest = core_.now;
  for (http2::Stream *stream = http2_.first_stream(), *next = nullptr; stream != nullptr; stream = next) {
    next = stream->next;
    auto& call = static_cast<StreamCall&>(*stream);
    const Time since = call.idle_since();
    if (since + core_.limits.call_idle_timeout > core_.now) {
      oldest = std::min(oldest, since);
      continue;
    }
    note_limit(LimitId::CallIdleTimeout);
    call.end_unserved(rpc::StatusCode::Unavailable, engine::kCallIdle);
    settle(call);
  }
  deadlines_.note_calls_since(oldest);
}

void Connection::end_aged_calls() {
  deadlines_.note_age_grace_over();
  note_limit(LimitId::MaxConnectionAgeGrace);
  complete_drain();
  for (http2::Stream *stream = http2_.first_stream(), *next = nullptr; stream != nullptr; stream = next) {
    next = stream->next;
    auto& call = static_cast<StreamCall&>(*stream);
    call.end_unserved(rpc::StatusCode::Unavailable, engine::kConnectionAged);
    settle(call);
  }
}

void Connection::time_out(LimitId limit, http2::ErrorCode code, std::string_view reason) {
  note_limit(limit);
  send_preface();
  http2_.fail(code, reason, out_);
}

void Connection::keep_alive() {
  if (deadlines_.ping_pending()) return abort("no answer to PING", LimitId::KeepaliveTimeout);
  note_limit(LimitId::Keepalive);
  deadlines_.note_ping(core_.now);
  http2_.ping(kKeepalivePing, out_);
}

void Connection::watch(std::uint32_t events) {
  if (events == watched_events_) return;
  watched_events_ = static_cast<std::uint16_t>(events);
  core_.poller.change(socket_.descriptor(), events, *this);
}

}  // namespace mote::lean
