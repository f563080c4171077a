// Stream states (RFC 9113 5.1): RST_STREAM (6.4), PRIORITY (6.3) and stream errors (5.4.2). stream_ids.h has the stream ids.
#include "http2/server/server_connection.h"

namespace mote::http2 {

void ServerConnection::link(Stream& stream) {
  stream.send_window = SendWindow(settings_.initial_window_bytes());
  stream.receive_window_bytes = settings_.window_in_force_bytes();
  streams_.add(stream);
}

void ServerConnection::unlink(Stream& stream) {
  streams_.remove(stream);
  if (current_ != &stream) return;
  current_ = nullptr;
  block_.fate = HeaderBlock::Fate::Ignore;
}

void ServerConnection::half_close() {
  Stream& stream = *current_;
  stream.remote_closed = true;
  if (stream.local_closed) unlink(stream);
  events_.on_half_close(stream);
}

void ServerConnection::reset(Stream& stream, ErrorCode code, ByteWriter& out) {
  write_rst_stream(out, stream.id, code);
  provoked_.sent();
  if (!stream.remote_closed) ended_early(stream.id, stream.receive_window_bytes);
  unlink(stream);
}

void ServerConnection::stream_error(Stream& stream, ErrorCode code, ByteWriter& out) {
  reset(stream, code, out);
  events_.on_reset(stream, code, false);
  spend_reset(out);
}

// A stream error on a closed stream, which has no record.
void ServerConnection::closed_stream_error(StreamId id, ErrorCode code, ByteWriter& out) {
  write_rst_stream(out, id, code);
  spend_reset(out);
}

// A request that no stream was opened for, at the end of its header block.
void ServerConnection::refuse_stream(StreamId id, ByteWriter& out) {
  write_rst_stream(out, id, ErrorCode::RefusedStream);
  provoked_.sent();
  if (!block_.ends_stream) ended_early(id, settings_.window_in_force_bytes());
  if (block_.fate == HeaderBlock::Fate::RefuseFree) return charge_shared_refusal(out);
  spend_reset(out);
}

void ServerConnection::refuse(Stream& stream, ByteWriter& out) {
  reset(stream, ErrorCode::RefusedStream, out);
  charge_shared_refusal(out);
}

void ServerConnection::charge_shared_refusal(ByteWriter& out) {
  if (flood_budget_.refusals.spend()) return;
  events_.on_limit(ConnectionLimit::Refusals);
  spend_reset(out);
}

// We closed the stream before its request ended: frames of the peer may be in flight.
void ServerConnection::ended_early(StreamId id, std::int32_t window_bytes) {
  recent_resets_.add_ours(id);
  provoked_.ended_early(window_bytes, limits_.streams);
}

// RFC 7540 5.3.1: a stream that depends on itself is a stream error; RFC 9113 5.3.2 ignores priority otherwise. An idle
// stream cannot be reset (RFC 9113 6.4), so that there the connection ends (RFC 9113 5.4.1).
void ServerConnection::take_priority(ByteReader& in, ByteWriter& out) {
  const StreamId id = frame_.stream;
  if (read_dependency(in) != id) return spend_idle_frame(out);
  if (Stream* stream = find_stream()) return stream_error(*stream, ErrorCode::ProtocolError, out);
  if (ids_.idle(id)) return fail(Fault::SelfDependency, out);
  closed_stream_error(id, ErrorCode::ProtocolError, out);
}

// RFC 9113 6.4 forbids RST_STREAM on an idle stream. It is allowed here on a connection that has had a stream: gRPC's C
// library (Python, Ruby, C++) sends it for a call that is cancelled before its HEADERS are written, and a connection error
// would end the other calls. The stream stays idle.
void ServerConnection::take_rst_stream(ErrorCode code, ByteWriter& out) {
  const StreamId id = frame_.stream;
  Stream* stream = find_stream();
  if (stream == nullptr && ids_.idle(id)) {
    if (!StreamIds::of_client(id) || ids_.last() == 0) return fail(Fault::IdleReset, out);
    return spend_reset(out);
  }
  if (stream == nullptr) {
    if (!provoked_.take_update()) spend_idle_frame(out);
    return;
  }
  unlink(*stream);
  recent_resets_.add_peers(id);
  events_.on_reset(*stream, code, true);
  spend_reset(out);
}

}  // namespace mote::http2
