// What each frame but HEADERS and CONTINUATION does to the connection.
#include <algorithm>

#include "http2/server/server_connection.h"

namespace mote::http2 {

// --- DATA (RFC 9113 6.1) ---

bool ServerConnection::take_pad_length(ByteReader& in, ByteWriter& out) {
  if (!has(frame_, kPadded)) return true;
  padding_left_ = in.take_u8();
  if (padding_left_ > payload_left_) {
    fail(Fault::Padding, out);
    return false;
  }
  payload_left_ -= padding_left_;
  return true;
}

void ServerConnection::begin_data(ByteReader& in, ByteWriter& out) {
  if (!take_pad_length(in, out)) return;
  const auto flow = static_cast<std::int32_t>(frame_.length);
  if (flow > receive_window_bytes_) {
    return fail(Fault::ConnectionWindow, out);
  }
  receive_window_bytes_ -= flow;
  give_back(flow, out);

  Stream* stream = events_.find_stream(frame_.stream);
  if (stream == nullptr) return data_without_stream(out);
  if (stream->remote_closed) return refuse(*stream, ErrorCode::StreamClosed, out);
  if (!stream->headers_received) return refuse(*stream, ErrorCode::ProtocolError, out);
  if (flow > std::max<std::int32_t>(stream->receive_window_bytes, 0) && !within_first_window(*stream, flow))
    return refuse(*stream, ErrorCode::FlowControlError, out);
  stream->receive_window_bytes -= flow;
  // The owner does not hear of a frame that is all padding.
  if (payload_left_ == 0 && !has(frame_, kEndStream)) grant(*stream, frame_.length, out);
  if (stream->declared_bytes_left >= 0) {
    stream->declared_bytes_left -= payload_left_;
    const bool cut_short = has(frame_, kEndStream) && stream->declared_bytes_left > 0;
    if (cut_short || stream->declared_bytes_left < 0) return refuse(*stream, ErrorCode::ProtocolError, out);
  }
  current_ = stream;
  if (payload_left_ <= kTinyDataBytes && !has(frame_, kEndStream)) spend_idle_frame(out);
}

// RFC 9113 5.1, "closed": what was under way when we reset a stream is discarded. DATA on a stream that the peer has
// ended or reset is a stream error: RFC 7540 5.1 and 6.1 demand it, RFC 9113 also allows a connection error.
void ServerConnection::data_without_stream(ByteWriter& out) {
  const StreamId id = frame_.stream;
  if (idle(id)) return fail(Fault::IdleData, out);
  if (take_reset_by_peer(id) || !reset_by_us(id)) return refuse_closed(id, ErrorCode::StreamClosed, out);
  if (!provoked_.take_late_data(frame_.length)) spend_idle_frame(out);
}

void ServerConnection::half_close() {
  Stream& stream = *current_;
  stream.remote_closed = true;
  if (stream.local_closed) unlink(stream);
  events_.on_half_close(stream);
}

// RFC 7540 5.3.1: a stream that depends on itself is a stream error; RFC 9113 5.3.2 ignores priority otherwise. An idle
// stream cannot be reset (RFC 9113 6.4), so that there the connection ends (RFC 9113 5.4.1).
void ServerConnection::take_priority(ByteReader& in, ByteWriter& out) {
  const StreamId id = frame_.stream;
  if (read_dependency(in) != id) return spend_idle_frame(out);
  if (Stream* stream = events_.find_stream(id)) return refuse(*stream, ErrorCode::ProtocolError, out);
  if (idle(id)) return fail(Fault::SelfDependency, out);
  refuse_closed(id, ErrorCode::ProtocolError, out);
}

// RFC 9113 6.4. An idle stream may be reset on a connection that has had a stream, against that clause: gRPC's C library
// (Python, Ruby, C++) does so for a call that is cancelled before its HEADERS are written, and a connection error would
// end the other calls. The stream stays idle.
void ServerConnection::take_rst_stream(ErrorCode code, ByteWriter& out) {
  const StreamId id = frame_.stream;
  Stream* stream = events_.find_stream(id);
  if (stream == nullptr && idle(id)) {
    if (id % 2 == 0 || last_peer_stream_ == 0) return fail(Fault::IdleReset, out);
    return spend_reset(out);
  }
  if (stream == nullptr) {
    if (!provoked_.take_update()) spend_idle_frame(out);
    return;
  }
  unlink(*stream);
  remember_reset_by_peer(frame_.stream);
  events_.on_reset(*stream, code, true);
  spend_reset(out);
}

// RFC 9113 6.9.
void ServerConnection::take_window_update(std::uint32_t increment, ByteWriter& out) {
  if (!provoked_.take_update()) spend_idle_frame(out);
  if (failed()) return;
  Stream* stream = frame_.stream == 0 ? nullptr : events_.find_stream(frame_.stream);
  if (frame_.stream != 0 && stream == nullptr) {
    if (idle(frame_.stream)) return fail(Fault::IdleUpdate, out);
    // A closed stream has no window that could overflow, but an increment of 0 is an error in every state.
    if (increment == 0) refuse_closed(frame_.stream, code_of(Fault::UpdateOfZero), out);
    return;
  }
  std::int32_t& window = stream == nullptr ? send_window_bytes_ : stream->send_window_bytes;
  const bool overflow = std::int64_t{window} + increment > std::int64_t{kMaxWindowBytes};
  if (increment == 0 || overflow) {
    const Fault fault = overflow ? Fault::WindowOverflow : Fault::UpdateOfZero;
    if (stream != nullptr) return refuse(*stream, code_of(fault), out);
    return fail(fault, out);
  }
  window += static_cast<std::int32_t>(increment);
  events_.on_window(stream);
}

// RFC 9113 6.7.
void ServerConnection::take_ping(std::uint64_t payload, ByteWriter& out) {
  const bool ack = has(frame_, kAck);
  if (!(ack ? provoked_.take_ping_ack() : provoked_.take_ping())) spend_idle_frame(out);
  if (failed()) return;
  if (ack) return events_.on_ping_ack(payload);
  write_ping(out, true, payload);
}

// RFC 9113 6.8.
void ServerConnection::take_goaway(ByteReader& in, ByteWriter& out) {
  spend_idle_frame(out);
  if (failed()) return;
  const StreamId last = read_u31(in);
  const auto code = static_cast<ErrorCode>(in.take_u32());
  const Bytes reason = in.rest().first(in.remaining() < payload_left_ ? in.remaining() : payload_left_);
  events_.on_goaway(last, code, as_text(reason));
}

// RFC 9113 6.5.
void ServerConnection::begin_settings(ByteWriter& out) {
  const bool first_ack = has(frame_, kAck) && !settings_acknowledged_;
  if (settings_received_ && !first_ack) spend_idle_frame(out);
  next_initial_window_bytes_ = peer_initial_window_bytes_;
  if (!first_ack) return;
  settings_acknowledged_ = true;
  acknowledged_behind_ = last_peer_stream_;
  shrink_receive_windows();
  decoder_.set_max_table_bytes(limits_.header_table_bytes);
}

// Our SETTINGS_INITIAL_WINDOW_SIZE is in force for the streams that are open too (RFC 9113 6.9.2).
void ServerConnection::shrink_receive_windows() {
  const auto change = static_cast<std::int32_t>(limits_.stream_window_bytes - kDefaultWindowBytes);
  for (Stream* stream = first_; stream != nullptr; stream = stream->next)
    stream->receive_window_bytes += change;
  events_.on_settings_ack();
}

// Go's net/http may take window for DATA, then acknowledge our SETTINGS, and then send the DATA. A stream that was open at the
// acknowledgement therefore keeps what the window of RFC 9113 6.9.2 allowed it.
bool ServerConnection::within_first_window(const Stream& stream, std::int32_t size) const {
  const auto change = static_cast<std::int32_t>(kDefaultWindowBytes - limits_.stream_window_bytes);
  return stream.id <= acknowledged_behind_ && size <= stream.receive_window_bytes + change;
}

void ServerConnection::take_settings(ByteReader& in, ByteWriter& out) {
  while (!failed() && payload_left_ != 0 && in.remaining() >= kSettingBytes) {
    payload_left_ -= kSettingBytes;
    take_setting(read_setting(in), out);
  }
}

void ServerConnection::take_setting(const Setting& setting, ByteWriter& out) {
  const std::uint32_t value = setting.value;
  switch (setting.id) {
    case SettingId::EnablePush:
      if (value > 1) fail(Fault::EnablePush, out);
      return;
    case SettingId::InitialWindowSize:
      if (value > kMaxWindowBytes) return fail(Fault::InitialWindow, out);
      next_initial_window_bytes_ = static_cast<std::int32_t>(value);
      return;
    case SettingId::MaxFrameSize:
      if (value < kDefaultMaxFrameBytes || value > kMaxMaxFrameBytes) {
        return fail(Fault::MaxFrameSize, out);
      }
      peer_max_frame_bytes_ = value;
      return;
    case SettingId::HeaderTableSize:       // Our encoder uses no table.
    case SettingId::MaxConcurrentStreams:  // We open none.
    case SettingId::MaxHeaderListSize:     // Advice; what we send is bounded by what we take in.
      return;
  }
}

// RFC 9113 6.9.2. Only the last value of a frame is applied, once: a frame may hold thousands.
void ServerConnection::end_settings(ByteWriter& out) {
  settings_received_ = true;
  const std::int64_t change = std::int64_t{next_initial_window_bytes_} - peer_initial_window_bytes_;
  peer_initial_window_bytes_ = next_initial_window_bytes_;
  for (Stream* stream = first_; stream != nullptr && change != 0; stream = stream->next) {
    const std::int64_t window = stream->send_window_bytes + change;
    if (window > std::int64_t{kMaxWindowBytes}) {
      return fail(Fault::WindowOverflow, out);
    }
    stream->send_window_bytes = static_cast<std::int32_t>(window);
  }
  write_settings_ack(out);
  if (change > 0) events_.on_window(nullptr);
}

}  // namespace mote::http2
