// How a Connection releases what other addresses need (address_table.h).
#include "engine/lean/connection.h"
#include "engine/lean/peer.h"
#include "engine/log.h"
#include "engine/refusals.h"
#include "engine/socket_buffers.h"

namespace mote::lean {

namespace {

using engine::LimitId;
using engine::LogLevel;
using engine::LogLine;

constexpr std::string_view kOverShare = "its address holds more than a quarter, and others need it";

}  // namespace

bool Connection::end_call_for_others(LimitId limit, Time settled) {
  const bool memory = limit == LimitId::BufferBytesPerAddress;
  if (!unsent_.empty()) {
    // Neither a status nor a reset can be sent to a peer that does not read.
    if (!deadlines_.blocked_for(settled, core_.now)) return false;
    begin_turn();
    abort(kOverShare, limit);
    end_turn();
    return true;
  }
  StreamCall* call = call_to_end(memory, settled);
  if (call == nullptr) return false;
  note_limit(limit);
  LogLine(LogLevel::Warn, "call-ended-for-others")
      .field("peer", peer().view())
      .field("stream", call->id)
      .field("limit", engine::limit_row(limit).name);
  begin_turn();
  if (memory) {
    call->end_unserved(rpc::StatusCode::ResourceExhausted, engine::kMemoryForOthers);
  } else {
    call->end_unserved(rpc::StatusCode::Unavailable, engine::kCallsForOthers);
  }
  settle(*call);
  end_turn();
  return true;
}

// Of the calls that are open for `settled`: for memory the one that holds most, otherwise the one whose last message is oldest.
StreamCall* Connection::call_to_end(bool memory, Time settled) const {
  StreamCall* found = nullptr;
  for (http2::Stream* stream = http2_.first_stream(); stream != nullptr; stream = stream->next) {
    auto& call = static_cast<StreamCall&>(*stream);
    if (core_.now - call.opened_at() < settled || call.finished() || call.reserved()) continue;
    if (memory && call.held_bytes() == 0) continue;
    const bool better = found == nullptr ||
                        (memory ? call.held_bytes() > found->held_bytes() : call.message_at() < found->message_at());
    if (better) found = &call;
  }
  return found;
}

bool Connection::grow_socket() {
  if (has_large_socket) return false;
  has_large_socket = core_.large_sockets.grow(*this, core_.addresses);
  if (!has_large_socket) note_limit(LimitId::LargeSockets);
  if (!has_large_socket && core_.large_sockets.full()) core_.large_windows.make_room(share_.address(), core_);
  return has_large_socket;
}

// Once a turn, so that a unary call costs one step. After the listeners are closed, nobody needs room.
void Connection::update_idle_order() {
  if (core_.server.shutting_down) return;
  const bool used = http2_.last_peer_stream() != 0;
  const ConnectionUse now =
      open_calls() != 0 ? ConnectionUse::Calls : (used ? ConnectionUse::Idle : ConnectionUse::NoCallYet);
  const bool had_call = now == ConnectionUse::Idle && deadlines_.quiet_since() == core_.now;
  if (now != use || had_call) share_.address().connections.move(*this, now);
}

bool Connection::idle_longer_than(const Connection& other) const {
  return use != other.use ? use < other.use : deadlines_.quiet_since() < other.deadlines_.quiet_since();
}

bool Connection::idle_for(Time time) const {
  return open_calls() == 0 && core_.now - deadlines_.quiet_since() >= time;
}

void Connection::close_for_others() {
  constexpr std::string_view kReason = "too many connections: this one was idle longest";
  LogLine(LogLevel::Warn, "connection-closed-for-others")
      .field("peer", peer().view())
      .field("calls", open_calls())
      .field("reason", kReason);
#ifdef MOTE_TLS
  if (in_handshake()) return core_.owner.close(*this);
#endif
  begin_turn();
  send_preface();
  if (!http2_.goaway_sent()) http2_.goaway(http2::ErrorCode::NoError, kReason, out_);
  const bool sent = send_out();
  const bool small = !has_large_socket || engine::shrink_socket(socket_.descriptor(), core_.limits);
  if (sent && small) core_.closing_sockets.keep(core_, socket_);
  core_.owner.close(*this);
}

}  // namespace mote::lean
