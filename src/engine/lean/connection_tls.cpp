// The TLS handshake of a Connection. HTTP/2 begins when it is over.
#include <sys/epoll.h>

#include "engine/lean/connection.h"
#include "engine/lean/peer.h"
#include "engine/log.h"

namespace mote::lean {

namespace {

using engine::LimitId;
using engine::LogLevel;
using engine::LogLine;

}  // namespace

// A step each turn of the loop, of one connection.
void Connection::continue_handshake() {
  TlsStream& stream = tls_->stream;
  if (state_ == State::Lingering) return discard_input();
  if (names_client() && !take_proxy_header_before_tls()) return;
  if (!stream.begun()) {
    if (!tls_->place.take()) {
      note_limit(LimitId::TlsHandshakes);
      return watch(0);
    }
    if (!stream.begin()) return refuse_tls("no memory for the handshake");
  }
  switch (stream.handshake()) {
    case TlsStream::Handshake::Waits:
      return watch(stream.flushed() ? EPOLLIN : EPOLLOUT);
    case TlsStream::Handshake::Delayed:
      note_limit(LimitId::TlsHandshakePercent);
      return run_next_turn();
    case TlsStream::Handshake::Again:
      return run_next_turn();
    case TlsStream::Handshake::Failed:
      return refuse_tls(stream.failure());
    case TlsStream::Handshake::Over:
      tls_->place.release();
      deadlines_.note_handshake_over(core_.now);
      return watch(EPOLLIN);
  }
}

// What follows the header in its bytes belongs to the handshake. Returns whether it has begun.
bool Connection::take_proxy_header_before_tls() {
  const std::size_t kept = restore_input();
  const IoResult result = socket_.read(core_.receive_buffer.subspan(kept));
  if (result.io == Io::Closed) {
    core_.owner.close(*this);
    return false;
  }
  Bytes in = core_.receive_buffer.first(kept + result.size);
  if (in.empty() || !take_proxy_header(in)) return false;
  if (tls_->stream.prepend(in)) return true;
  refuse_tls("no memory for the first bytes");
  return false;
}

void Connection::on_handshake_due() {
  if (state_ == State::Lingering || core_.server.shutting_down) return core_.owner.close(*this);
  note_limit(LimitId::PrefaceTimeout);
  refuse_tls(tls_->place.waits() ? "no place for the handshake in time" : "the handshake took too long");
}

// The client may read the alert: the socket is closed a little later.
void Connection::refuse_tls(std::string_view reason) {
  const std::string_view name = tls_->stream.session().name();
  {
    LogLine line(LogLevel::Warn, "tls-refused");
    line.field("peer", peer().view()).field("reason", reason);
    if (!name.empty()) line.field("identity", name);
  }
  tls_->stream.discard();  // Before the next one takes the place, and with it the memory.
  tls_->place.release();
  socket_.shut_down();
  linger();
  watch(EPOLLIN);
  core_.timers.arm(*this, deadlines_.next(deadline_state()));
}

void Connection::log_tls_fault() const {
  const std::string_view reason = tls_->stream.fault();
  if (!reason.empty()) LogLine(LogLevel::Warn, "tls-failed").field("peer", peer().view()).field("reason", reason);
}

void Connection::discard_input() {
  if (socket_.read(core_.receive_buffer).io == Io::Closed) core_.owner.close(*this);
}

}  // namespace mote::lean
