// DATA (RFC 9113 6.1), in both directions. The length of a message against its content-length: ../content_length.h.
#include <algorithm>

#include "http2/server/server_connection.h"

namespace mote::http2 {

bool ServerConnection::take_pad_length(ByteReader& in, ByteWriter& out) {
  padding_left_ = in.take_u8();
  if (padding_left_ > payload_left_) {
    fail(Fault::Padding, out);
    return false;
  }
  payload_left_ -= padding_left_;
  return true;
}

void ServerConnection::begin_data(ByteReader& in, ByteWriter& out) {
  Stream* const stream = find_stream();
  current_ = nullptr;
  if (has(frame_, kPadded) && !take_pad_length(in, out)) return;
  const auto flow = static_cast<std::int32_t>(frame_.length);
  if (flow > receive_window_bytes()) return fail(Fault::ConnectionWindow, out);
  refill_connection_window(flow, out);

  if (stream == nullptr) return data_without_stream(out);
  if (stream->remote_closed) return stream_error(*stream, ErrorCode::StreamClosed, out);
  if (!stream->headers_received) return stream_error(*stream, ErrorCode::ProtocolError, out);
  if (flow > std::max<std::int32_t>(stream->receive_window_bytes, 0) && !within_larger_window(*stream, flow))
    return stream_error(*stream, ErrorCode::FlowControlError, out);
  stream->receive_window_bytes -= flow;
  // The owner does not see a frame of padding only, and so cannot grant its bytes.
  if (payload_left_ == 0 && !has(frame_, kEndStream)) grant(*stream, frame_.length, out);
  if (!stream->content_length.take(payload_left_, has(frame_, kEndStream)))
    return stream_error(*stream, ErrorCode::ProtocolError, out);
  current_ = stream;
  const bool mostly_padding = padding_left_ > payload_left_;  // Padding is no progress.
  if ((payload_left_ <= kTinyDataBytes || mostly_padding) && !has(frame_, kEndStream)) spend_idle_frame(out);
}

// RFC 9113 5.1, "closed": DATA that was in flight when we reset the stream is discarded. DATA on a stream that the peer has
// ended or reset is a stream error: RFC 7540 5.1 and 6.1 demand it, RFC 9113 also allows a connection error.
void ServerConnection::data_without_stream(ByteWriter& out) {
  const StreamId id = frame_.stream;
  if (ids_.idle(id)) return fail(Fault::IdleData, out);
  if (recent_resets_.take_peers(id) || !reset_by_us(id)) return closed_stream_error(id, ErrorCode::StreamClosed, out);
  if (!provoked_.take_late_data(frame_.length)) spend_idle_frame(out);
}

void ServerConnection::skip_data(std::size_t size) {
  payload_left_ -= static_cast<std::uint32_t>(size);
  if (payload_left_ == 0) phase_ = Phase::FrameHeader;
}

std::size_t ServerConnection::sendable_bytes(const Stream& stream) const {
  return std::min(window_bytes(stream), max_frame_bytes());
}

MutableBytes ServerConnection::data_place(const Stream& stream, const ByteWriter& out) const {
  if (out.room() < kFrameHeaderBytes + kControlReserveBytes) return {};
  const std::size_t room = out.room() - kFrameHeaderBytes - kControlReserveBytes;
  return out.tail().subspan(kFrameHeaderBytes, std::min(room, sendable_bytes(stream)));
}

bool ServerConnection::fits(const Stream& stream, std::size_t size, const ByteWriter& out) const {
  const std::size_t frames = size / settings_.max_frame_bytes() + 1;
  return size <= window_bytes(stream) && size + frames * kFrameHeaderBytes + kControlReserveBytes <= out.room();
}

// Inline: send_data() is part of each call.
[[gnu::always_inline]] inline void ServerConnection::count_sent(Stream& stream, std::uint32_t length, bool end_stream) {
  send_window_.consume(length);
  stream.send_window.consume(length);
  if (length >= kTinyDataBytes || end_stream || sendable_bytes(stream) != 0) {
    provoked_.sent(length);
  } else {
    provoked_.sent_small_piece(length);
  }
}

void ServerConnection::send_data(Stream& stream, std::size_t size, bool end_stream, ByteWriter& out) {
  const auto length = static_cast<std::uint32_t>(size);
  write_frame_header(out, {length, FrameType::Data, end_stream ? kEndStream : std::uint8_t{0}, stream.id});
  out.advance(size);
  count_sent(stream, length, end_stream);
  if (end_stream) close_local(stream);
}

void ServerConnection::count_data(Stream& stream, std::size_t size) {
  count_sent(stream, static_cast<std::uint32_t>(size), false);
}

}  // namespace mote::http2
