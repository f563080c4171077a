// What wire::Connection tells of: streams become calls.
#include "engine/lean/connection.h"
#include "engine/lean/peer.h"
#include "engine/log.h"
#include "engine/refusals.h"

namespace mote::lean {

namespace {

using engine::LimitId;
using engine::LogLevel;
using engine::LogLine;

LimitId limit_id(wire::ConnectionLimit limit) {
  switch (limit) {
    case wire::ConnectionLimit::Streams:
      return LimitId::MaxStreamsPerConnection;
    case wire::ConnectionLimit::HeaderBytes:
      return LimitId::MaxHeaderBytes;
    case wire::ConnectionLimit::HeaderFields:
      return LimitId::MaxHeaderFields;
    case wire::ConnectionLimit::HeaderFrames:
      return LimitId::MaxHeaderFrames;
    case wire::ConnectionLimit::Resets:
      return LimitId::ResetBudget;
    case wire::ConnectionLimit::Refusals:
      return LimitId::FreeRefusals;
    case wire::ConnectionLimit::IdleFrames:
      break;
  }
  return LimitId::IdleFrameBudget;
}

// A request may come with a WINDOW_UPDATE for its stream and one for the connection.
constexpr std::uint32_t kUpdatesWithRequest = 2;

Call& call_of(wire::Stream& stream) {
  return static_cast<Call&>(stream);
}

}  // namespace

wire::Stream* Connection::open_stream(wire::StreamId id) {
  Call* call = core_.calls.open(*this, id);
  if (call == nullptr) core_.counters.add(LimitId::MaxStreams);
  return call;
}

wire::Stream* Connection::find_stream(wire::StreamId id) {
  return core_.calls.find(*this, id);
}

void Connection::on_field(wire::Stream& stream, const wire::HeaderField& field) {
  if (!stream.headers_received) call_of(stream).take_field(field);
}

bool Connection::keep_fields(const wire::Stream& stream) {
  const auto& call = static_cast<const Call&>(stream);
  if (!call.head_alone()) return false;
  known_head_ = call.head();
  return true;
}

void Connection::on_known_fields(wire::Stream& stream) {
  call_of(stream).take_head(known_head_);
}

void Connection::on_malformed(wire::Stream& stream, std::string_view name, wire::FieldFault fault) {
  LogLine line(LogLevel::Warn, "malformed-request");
  line.field("peer", peer_text(socket_.descriptor()).view()).field("stream", stream.id);
  line.field("reason", engine::reason_of(fault));
  if (fault != wire::FieldFault::None) line.field("field", name);
  call_of(stream).refuse_malformed(engine::malformed_request(name, fault).view());
}

bool Connection::answers_malformed(const wire::Stream& stream) {
  return static_cast<const Call&>(stream).answers_malformed();
}

void Connection::on_section_end(wire::Stream& stream, wire::SectionEnd end) {
  if (end.malformed) return settle(call_of(stream));
  if (end.trailers) return;  // gRPC has none from the client.
  wire_.earn_idle_frames(kUpdatesWithRequest);
  call_of(stream).end_head(end.too_large);
  settle(call_of(stream));
}

void Connection::on_data(wire::Stream& stream, wire::Bytes bytes) {
  call_of(stream).take_data(bytes);
  settle(call_of(stream));
}

void Connection::on_half_close(wire::Stream& stream) {
  call_of(stream).take_half_close();
  settle(call_of(stream));
}

void Connection::on_reset(wire::Stream& stream, wire::ErrorCode code, bool by_peer) {
  LogLine(LogLevel::Debug, "call-reset")
      .field("stream", stream.id)
      .field("by", by_peer ? "peer" : "gateway")
      .field("code", name(code));
  if (by_peer) refund_reset(call_of(stream));
  give_back(call_of(stream));
}

// A call that was of use, or that kept its place for a while, was not opened only to be reset. This bounds what a flood
// gets for free: max-streams-per-connection resets within early-reset-ms (5,000 a second by default; 20 times that for
// calls with a grpc-timeout of 2 ms or less), and resets of calls that cost no more than answered ones.
void Connection::refund_reset(const Call& call) {
  if (call.young()) {
    core_.counters.add(LimitId::EarlyReset);
  } else {
    wire_.earn_resets(1);
  }
}

void Connection::on_window(wire::Stream* /*stream*/) {
  flush_due_ = true;
}

// Messages that were admitted under larger windows than these need more now.
void Connection::on_settings_ack() {
  for (wire::Stream *stream = wire_.first_stream(), *next = nullptr; stream != nullptr; stream = next) {
    next = stream->next;
    settle(call_of(*stream));
  }
}

void Connection::on_ping_ack(std::uint64_t /*payload*/) {
  // Whichever PING it answers, the client has read the GOAWAY that went out before it.
  if (drain_announced_) finish_drain();
}

void Connection::on_goaway(wire::StreamId /*last*/, wire::ErrorCode code, std::string_view reason) {
  LogLine(LogLevel::Debug, "peer-goaway").field("code", name(code)).field("reason", reason);
}

void Connection::on_connection_error(wire::ErrorCode code, std::string_view reason) {
  if (code == wire::ErrorCode::CompressionError) core_.counters.add(LimitId::MaxHeaderTableBytes);
  LogLine(LogLevel::Warn, "connection-error")
      .field("peer", peer_text(socket_.descriptor()).view())
      .field("code", name(code))
      .field("reason", reason);
}

void Connection::on_limit(wire::ConnectionLimit limit) {
  core_.counters.add(limit_id(limit));
}

}  // namespace mote::lean
