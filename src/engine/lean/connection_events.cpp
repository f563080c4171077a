// The events of http2::ServerConnection: streams become calls.
#include <algorithm>

#include "engine/lean/connection.h"
#include "engine/lean/peer.h"
#include "engine/limit_log.h"
#include "engine/log.h"
#include "engine/refusals.h"

namespace mote::lean {

namespace {

using engine::LimitId;
using engine::LogLevel;
using engine::LogLine;

LimitId limit_id(http2::ConnectionLimit limit) {
  switch (limit) {
    case http2::ConnectionLimit::Streams:
      return LimitId::MaxStreamsPerConnection;
    case http2::ConnectionLimit::HeaderBytes:
      return LimitId::MaxHeaderBytes;
    case http2::ConnectionLimit::HeaderFields:
      return LimitId::MaxHeaderFields;
    case http2::ConnectionLimit::HeaderFrames:
      return LimitId::MaxHeaderFrames;
    case http2::ConnectionLimit::HeaderExcess:
      return LimitId::MaxHeaderExcess;
    case http2::ConnectionLimit::Resets:
      return LimitId::ResetBudget;
    case http2::ConnectionLimit::Refusals:
      return LimitId::FreeRefusals;
    case http2::ConnectionLimit::IdleFrames:
      break;
  }
  return LimitId::IdleFrameBudget;
}

// A request may come with a WINDOW_UPDATE for its stream and one for the connection.
constexpr std::uint32_t kUpdatesWithRequest = 2;

StreamCall& call_of(http2::Stream& stream) {
  return static_cast<StreamCall&>(stream);
}

}  // namespace

http2::Stream* Connection::open_stream(http2::StreamId id) {
  AddressRow& address = share_.address();
  const std::size_t free = core_.free_calls();
  if (core_.addresses.may_take(address, core_.addresses.calls(), address.calls, 1, free)) {
    ++address.calls;
    return core_.calls.open(*this, id);
  }
  note_limit(free == 0 ? LimitId::MaxStreams : LimitId::MaxStreamsPerAddress);
  return open_reserved(id);
}

// Whether it is a health check is known at the end of its header block.
http2::Stream* Connection::open_reserved(http2::StreamId id) {
  AddressRow& address = share_.address();
  const std::uint32_t reserved = core_.limits.reserved_streams;
  const std::uint32_t of_address = std::min(std::max(reserved / 4, 1U), reserved);
  if (core_.health_check == nullptr || core_.reserved_calls >= reserved || address.reserved_calls >= of_address)
    return nullptr;
  ++core_.reserved_calls;
  ++address.reserved_calls;
  StreamCall* call = core_.calls.open(*this, id);
  call->reserve();
  return call;
}

http2::Stream* Connection::find_stream(http2::StreamId id) {
  return core_.calls.find(*this, id);
}

void Connection::on_field(http2::Stream& stream, const hpack::HeaderField& field) {
  if (!stream.headers_received) call_of(stream).take_field(field);
}

bool Connection::keep_fields(const http2::Stream& stream) {
  const auto& call = static_cast<const StreamCall&>(stream);
  if (!call.head_alone()) return false;
  known_head_ = call.head();
  return true;
}

void Connection::on_known_fields(http2::Stream& stream) {
  call_of(stream).take_head(known_head_);
}

void Connection::on_malformed(http2::Stream& stream, std::string_view name, http2::FieldFault fault) {
  LogLine line(LogLevel::Warn, "malformed-request");
  line.field("peer", peer().view()).field("stream", stream.id);
  line.field("reason", engine::reason_of(fault));
  if (fault != http2::FieldFault::None) line.field("field", name);
  call_of(stream).refuse_malformed(engine::malformed_request(name, fault).view(), name == "content-type");
}

bool Connection::answers_malformed(const http2::Stream& stream) {
  return static_cast<const StreamCall&>(stream).answers_malformed();
}

void Connection::on_section_end(http2::Stream& stream, http2::SectionEnd end) {
  if (end.malformed) return settle(call_of(stream));
  if (call_of(stream).reserved() && !end.trailers) {
    if (call_of(stream).head().method() != core_.health_check) {
      http2_.refuse(stream, out_);
      return release(call_of(stream));
    }
    note_limit(LimitId::ReservedStreams);
  }
  if (end.trailers) return;  // gRPC defines no trailers in a request.
  http2_.refund_idle_frames(kUpdatesWithRequest);
  call_of(stream).end_head(end.too_large);
  settle(call_of(stream));
}

std::size_t Connection::on_data(http2::Stream& stream, Bytes bytes) {
  const std::size_t left = call_of(stream).take_data(bytes);
  settle(call_of(stream));
  return left;
}

void Connection::on_half_close(http2::Stream& stream) {
  call_of(stream).take_half_close();
  settle(call_of(stream));
}

void Connection::on_reset(http2::Stream& stream, http2::ErrorCode code, bool by_peer) {
  LogLine(LogLevel::Debug, "call-reset")
      .field("stream", stream.id)
      .field("by", by_peer ? "peer" : "gateway")
      .field("code", name(code));
  if (by_peer) refund_reset(call_of(stream));
  release(call_of(stream));
}

// A reset is refunded if the call was useful or stayed open for a while. A flood then gets at most
// max-streams-per-connection free resets within early-reset-ms (5,000 a second by default; 20 times that for calls with a
// grpc-timeout of 2 ms or less), and free resets of calls that cost no more than answered calls.
void Connection::refund_reset(const StreamCall& call) {
  if (call.young()) {
    note_limit(LimitId::EarlyReset);
  } else {
    http2_.refund_resets(1);
  }
}

void Connection::on_window(http2::Stream* /*stream*/) {
  flush_due_ = true;
}

// Messages that were admitted under larger windows need a WINDOW_UPDATE now.
void Connection::on_settings_ack() {
  for (http2::Stream *stream = http2_.first_stream(), *next = nullptr; stream != nullptr; stream = next) {
    next = stream->next;
    call_of(*stream).note_window();
    settle(call_of(*stream));
  }
}

void Connection::on_ping_ack(std::uint64_t /*payload*/) {
  // Any acknowledged PING shows that the client has read the GOAWAY sent before it.
  if (graceful_end_.announced()) complete_drain();
}

void Connection::on_goaway(http2::StreamId /*last*/, http2::ErrorCode code, std::string_view reason) {
  LogLine(LogLevel::Debug, "peer-goaway").field("code", name(code)).field("reason", reason);
}

void Connection::on_connection_error(http2::ErrorCode code, std::string_view reason) {
  if (code == http2::ErrorCode::CompressionError) note_limit(LimitId::MaxHeaderTableBytes);
  LogLine(LogLevel::Warn, "connection-error")
      .field("peer", peer().view())
      .field("code", name(code))
      .field("reason", reason);
}

void Connection::note_limit(LimitId id) {
  const std::uint64_t count = core_.counters.add(id);
  if (engine::logs_limit(count)) engine::log_limit(id, count, peer().view());
  core_.owner.on_limit_reached(id, *this);
}

void Connection::on_limit(http2::ConnectionLimit limit) {
  note_limit(limit_id(limit));
}

}  // namespace mote::lean
