#include "wire/connection.h"

namespace mote::wire {

namespace {

// Its content-length speaks of a body that does not come (RFC 9110 15.4.5).
constexpr std::uint16_t kNotModified = 304;

bool has(const FrameHeader& frame, std::uint8_t flag) {
  return (frame.flags & flag) != 0;
}

// The bytes at the start of a payload that are taken in one piece.
std::uint32_t fixed_bytes(const FrameHeader& frame) {
  switch (frame.type) {
    case FrameType::Data:
      return has(frame, kPadded) ? 1 : 0;
    case FrameType::Headers:
      return (has(frame, kPadded) ? 1 : 0) + (has(frame, kPriority) ? kPriorityBytes : 0);
    case FrameType::Priority:
      return kPriorityBytes;
    case FrameType::RstStream:
    case FrameType::WindowUpdate:
      return kRstStreamBytes;
    case FrameType::Ping:
    case FrameType::GoAway:
      return kPingBytes;
    case FrameType::Settings:
    case FrameType::PushPromise:
    case FrameType::Continuation:
      break;
  }
  return 0;
}

// RFC 9113 4.2: a frame may neither exceed the size we announce nor be too small for what it must hold.
bool length_valid(const FrameHeader& frame) {
  if (frame.length > kDefaultMaxFrameBytes) return false;
  switch (frame.type) {
    case FrameType::Priority:
    case FrameType::RstStream:
    case FrameType::WindowUpdate:
    case FrameType::Ping:
      return frame.length == fixed_bytes(frame);
    case FrameType::Settings:
      return has(frame, kAck) ? frame.length == 0 : frame.length % kSettingBytes == 0;
    case FrameType::Data:
    case FrameType::Headers:
    case FrameType::GoAway:
    case FrameType::PushPromise:
    case FrameType::Continuation:
      break;
  }
  return frame.length >= fixed_bytes(frame);
}

// RFC 9113 6: which frames belong to a stream and which to the connection.
bool stream_id_valid(const FrameHeader& frame) {
  switch (frame.type) {
    case FrameType::Settings:
    case FrameType::Ping:
    case FrameType::GoAway:
      return frame.stream == 0;
    case FrameType::Data:
    case FrameType::Headers:
    case FrameType::Priority:
    case FrameType::RstStream:
    case FrameType::PushPromise:
    case FrameType::Continuation:
      return frame.stream != 0;
    case FrameType::WindowUpdate:
      break;
  }
  return true;
}

}  // namespace

template <Role role>
Connection<role>::Connection(const ConnectionLimits& limits, ConnectionEvents& events, MutableBytes table)
    : limits_(limits),
      events_(events),
      own_table_(table),
      decoder_(table, table.size()),
      resets_(limits.reset_budget),
      idle_frames_(limits.idle_frame_budget) {
}

template <Role role>
std::size_t Connection<role>::receive(Bytes bytes, MutableBytes scratch, ByteWriter& out) {
  if (out.room() < kControlReserveBytes && !failed()) return 0;
  ByteReader in(bytes);
  bool going = true;
  while (going) {
    switch (phase_) {
      case Phase::Preface:
        going = take_preface(in, out);
        break;
      case Phase::FrameHeader:
        going = take_frame_header(in, out);
        break;
      case Phase::Payload:
        going = take_payload(in, scratch, out);
        break;
      case Phase::Padding:
        going = take_padding(in, out);
        break;
      case Phase::Failed:
        return bytes.size();
    }
  }
  return failed() ? bytes.size() : bytes.size() - in.remaining();
}

// RFC 9113 3.4.
template <Role role>
bool Connection<role>::take_preface(ByteReader& in, ByteWriter& out) {
  const Bytes expected = as_bytes(kPreface).subspan(preface_matched_);
  const Bytes got = in.take(expected.size());
  if (as_text(got) != as_text(expected.first(got.size()))) {
    fail(ErrorCode::ProtocolError, "not an HTTP/2 connection preface", out);
    return false;
  }
  preface_matched_ = static_cast<std::uint8_t>(preface_matched_ + got.size());
  if (preface_matched_ < kPreface.size()) return false;
  phase_ = Phase::FrameHeader;
  return true;
}

template <Role role>
bool Connection<role>::take_frame_header(ByteReader& in, ByteWriter& out) {
  if (in.remaining() < kFrameHeaderBytes || out.room() < kControlReserveBytes) return false;
  ByteReader ahead = in;
  const FrameHeader frame = read_frame_header(ahead);
  if (!check_frame(frame, out)) return false;
  if (ahead.remaining() < fixed_bytes(frame)) return false;

  in = ahead;
  frame_ = frame;
  payload_left_ = frame.length - fixed_bytes(frame);
  padding_left_ = 0;
  if (block_stream_ == 0) current_ = nullptr;
  phase_ = Phase::Payload;
  begin_frame(in, out);
  return !failed();
}

template <Role role>
bool Connection<role>::check_frame(const FrameHeader& frame, ByteWriter& out) {
  if (!settings_received_ && (frame.type != FrameType::Settings || has(frame, kAck))) {
    fail(ErrorCode::ProtocolError, "the first frame is not SETTINGS", out);  // RFC 9113 3.4
  } else if (!length_valid(frame)) {
    fail(ErrorCode::FrameSizeError, "frame of a wrong size", out);
  } else if (!stream_id_valid(frame)) {
    fail(ErrorCode::ProtocolError, "frame on a wrong stream", out);
  } else if (block_stream_ != 0 && (frame.type != FrameType::Continuation || frame.stream != block_stream_)) {
    fail(ErrorCode::ProtocolError, "header block interrupted", out);  // RFC 9113 6.2
  } else if (block_stream_ == 0 && frame.type == FrameType::Continuation) {
    fail(ErrorCode::ProtocolError, "CONTINUATION without a header block", out);  // RFC 9113 6.10
  } else if (frame.type == FrameType::PushPromise) {
    fail(ErrorCode::ProtocolError, "PUSH_PROMISE",
         out);  // RFC 9113 8.4: clients never push, and we told servers not to
  }
  return !failed();
}

template <Role role>
void Connection<role>::begin_frame(ByteReader& in, ByteWriter& out) {
  switch (frame_.type) {
    case FrameType::Data:
      return begin_data(in, out);
    case FrameType::Headers:
      return begin_headers(in, out);
    case FrameType::Continuation:
      return begin_continuation(out);
    case FrameType::Settings:
      return begin_settings(out);
    case FrameType::RstStream:
      return take_rst_stream(static_cast<ErrorCode>(in.take_u32()), out);
    case FrameType::WindowUpdate:
      return take_window_update(read_u31(in), out);
    case FrameType::Ping:
      return take_ping(read_ping(in), out);
    case FrameType::GoAway:
      return take_goaway(in, out);
    case FrameType::Priority:
      in.take(kPriorityBytes);
      return spend_idle_frame(out);
    case FrameType::PushPromise:
      break;
  }
  spend_idle_frame(out);  // RFC 9113 5.5: frames of unknown types are discarded.
}

template <Role role>
bool Connection<role>::take_payload(ByteReader& in, MutableBytes scratch, ByteWriter& out) {
  if (frame_.type == FrameType::Settings) {
    take_settings(in, out);
  } else if (payload_left_ != 0) {
    const Bytes piece = in.take(payload_left_);
    payload_left_ -= static_cast<std::uint32_t>(piece.size());
    take_piece(piece, scratch, out);
  }
  if (failed() || payload_left_ != 0) return false;
  phase_ = Phase::Padding;
  return true;
}

template <Role role>
void Connection<role>::take_piece(Bytes piece, MutableBytes scratch, ByteWriter& out) {
  switch (frame_.type) {
    case FrameType::Data:
      if (current_ == nullptr || piece.empty()) break;
      if (payload_left_ == 0 && padding_left_ == 0 && has(frame_, kEndStream)) current_->remote_closed = true;
      events_.on_data(*current_, piece);
      break;
    case FrameType::Headers:
    case FrameType::Continuation:
      if (!decoder_.feed(piece, scratch, *this)) fail(ErrorCode::CompressionError, "HPACK", out);
      break;
    default:
      break;  // The rest of GOAWAY and of unknown frames says nothing to us.
  }
}

template <Role role>
bool Connection<role>::take_padding(ByteReader& in, ByteWriter& out) {
  padding_left_ = static_cast<std::uint8_t>(padding_left_ - in.take(padding_left_).size());
  if (padding_left_ != 0) return false;
  phase_ = Phase::FrameHeader;
  end_frame(out);
  return !failed();
}

template <Role role>
void Connection<role>::end_frame(ByteWriter& out) {
  switch (frame_.type) {
    case FrameType::Data:
      if (has(frame_, kEndStream) && current_ != nullptr) half_close();
      break;
    case FrameType::Headers:
    case FrameType::Continuation:
      if (has(frame_, kEndHeaders)) end_block(out);
      break;
    case FrameType::Settings:
      if (!has(frame_, kAck)) end_settings(out);
      break;
    default:
      break;
  }
}

// --- DATA (RFC 9113 6.1) ---

template <Role role>
bool Connection<role>::take_pad_length(ByteReader& in, ByteWriter& out) {
  if (!has(frame_, kPadded)) return true;
  padding_left_ = in.take_u8();
  if (padding_left_ > payload_left_) {
    fail(ErrorCode::ProtocolError, "padding longer than its frame", out);
    return false;
  }
  payload_left_ -= padding_left_;
  return true;
}

template <Role role>
void Connection<role>::begin_data(ByteReader& in, ByteWriter& out) {
  if (!take_pad_length(in, out)) return;
  const auto flow = static_cast<std::int32_t>(frame_.length);
  if (flow > receive_window_bytes_) {
    return fail(ErrorCode::FlowControlError, "DATA beyond the connection's window", out);
  }
  receive_window_bytes_ -= flow;
  give_back(flow, out);

  Stream* stream = events_.find_stream(frame_.stream);
  if (stream == nullptr) return data_without_stream(out);
  if (stream->remote_closed) return refuse(*stream, ErrorCode::StreamClosed, out);
  if (!stream->headers_received) return refuse(*stream, ErrorCode::ProtocolError, out);
  if (flow > std::max<std::int32_t>(stream->receive_window_bytes, 0)) return refuse(*stream, ErrorCode::FlowControlError, out);
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

// RFC 9113 5.1, "closed": what was under way when we reset a stream is dropped in silence; the rest is an error.
template <Role role>
void Connection<role>::data_without_stream(ByteWriter& out) {
  if (idle(frame_.stream)) return fail(ErrorCode::ProtocolError, "DATA on an idle stream", out);
  const bool under_way = reset_by_us(frame_.stream);
  if (!under_way) write_rst_stream(out, frame_.stream, ErrorCode::StreamClosed);
  if (!under_way || payload_left_ <= kTinyDataBytes) spend_idle_frame(out);
}

template <Role role>
void Connection<role>::half_close() {
  Stream& stream = *current_;
  stream.remote_closed = true;
  if (stream.local_closed) unlink(stream);
  events_.on_half_close(stream);
}

// --- Header blocks (RFC 9113 4.3, 6.2, 6.10) ---

template <Role role>
void Connection<role>::begin_headers(ByteReader& in, ByteWriter& out) {
  if (!take_pad_length(in, out)) return;
  if (has(frame_, kPriority)) in.take(kPriorityBytes);
  block_stream_ = frame_.stream;
  block_ends_stream_ = has(frame_, kEndStream);
  block_ = Block::Ignore;
  block_frames_ = 1;
  block_fields_ = 0;
  block_field_bytes_ = 0;
  too_large_ = false;
  if constexpr (role == Role::Server) {
    begin_request(out);
  } else {
    begin_response(out);
  }
  if (failed() || !lend_table(out)) return;
  decoder_.begin();
}

template <Role role>
void Connection<role>::begin_request(ByteWriter& out) {
  const StreamId id = frame_.stream;
  if (id % 2 == 0) return fail(ErrorCode::ProtocolError, "a client's stream with an even id", out);
  if (id <= last_peer_stream_) return begin_trailers(out);

  if (id > last_peer_stream_ + 2) ids_passed_over_ = true;
  last_peer_stream_ = id;
  if (id > goaway_last_) return spend_idle_frame(out);
  block_ = Block::Refuse;
  if (stream_count_ >= limits_.streams) return events_.on_limit(ConnectionLimit::Streams);
  Stream* stream = events_.open_stream(id);
  if (stream == nullptr) return;
  *stream = Stream{.id = id};
  link(*stream);
  begin_section(*stream, SectionKind::Request);
}

template <Role role>
void Connection<role>::begin_response(ByteWriter& out) {
  Stream* stream = events_.find_stream(frame_.stream);
  if (stream == nullptr || stream->headers_received) return begin_trailers(out);
  begin_section(*stream, SectionKind::Response);
}

// A field section on a stream that has had its first one, or is closed.
template <Role role>
void Connection<role>::begin_trailers(ByteWriter& out) {
  Stream* stream = events_.find_stream(frame_.stream);
  if (stream == nullptr) {
    if (idle(frame_.stream)) return fail(ErrorCode::ProtocolError, "HEADERS on an idle stream", out);
    if (reset_by_us(frame_.stream)) return spend_idle_frame(out);
    // An id that was passed over is closed too, and an error of another kind (RFC 9113 5.1.1).
    const ErrorCode code = ids_passed_over_ ? ErrorCode::ProtocolError : ErrorCode::StreamClosed;
    return fail(code, "HEADERS on a closed stream", out);
  }
  if (stream->remote_closed) return refuse(*stream, ErrorCode::StreamClosed, out);
  if (!block_ends_stream_) return refuse(*stream, ErrorCode::ProtocolError, out);  // RFC 9113 8.1
  begin_section(*stream, SectionKind::Trailers);
}

template <Role role>
void Connection<role>::begin_section(Stream& stream, SectionKind kind) {
  current_ = &stream;
  block_ = Block::Deliver;
  rules_.begin(kind);
}

template <Role role>
void Connection<role>::begin_continuation(ByteWriter& out) {
  if (++block_frames_ <= limits_.header_frames) return;
  events_.on_limit(ConnectionLimit::HeaderFrames);
  fail(ErrorCode::EnhanceYourCalm, "header block in too many frames", out);
}

template <Role role>
bool Connection<role>::lend_table(ByteWriter& out) {
  if (role == Role::Client || settings_acknowledged_ || table_lent_) return true;
  if (own_table_.size() >= kDefaultHeaderTableBytes) return true;
  const MutableBytes lent = events_.lend_table();
  if (lent.size() < kDefaultHeaderTableBytes) {
    fail(ErrorCode::EnhanceYourCalm, "no memory for a header table", out);
    return false;
  }
  table_lent_ = true;
  decoder_.table().move_to(lent);
  decoder_.set_max_table_bytes(kDefaultHeaderTableBytes);
  decoder_.table().set_max_size(kDefaultHeaderTableBytes);
  return true;
}

template <Role role>
void Connection<role>::on_field(const HeaderField& field) {
  block_field_bytes_ += static_cast<std::uint32_t>(field.name.size() + field.value.size() + HpackTable::kEntryOverhead);
  ++block_fields_;
  if (!deliverable()) return;
  if (block_field_bytes_ > limits_.header_bytes) return past_limit(ConnectionLimit::HeaderBytes);
  if (block_fields_ > limits_.header_fields) return past_limit(ConnectionLimit::HeaderFields);
  if (rules_.accept(field) && !rules_.informational()) events_.on_field(*current_, field);
}

template <Role role>
void Connection<role>::on_oversized_field() {
  if (deliverable()) past_limit(ConnectionLimit::HeaderBytes);
}

// The block is decoded to its end all the same: the header table must stay what the peer takes it for.
template <Role role>
void Connection<role>::past_limit(ConnectionLimit limit) {
  too_large_ = true;
  events_.on_limit(limit);
}

template <Role role>
void Connection<role>::end_block(ByteWriter& out) {
  const StreamId id = block_stream_;
  block_stream_ = 0;
  if (!decoder_.end()) return fail(ErrorCode::CompressionError, "header block cut short", out);
  switch (block_) {
    case Block::Ignore:
      return;
    case Block::Refuse:
      write_rst_stream(out, id, ErrorCode::RefusedStream);
      remember_reset(id);
      return spend_reset(out);
    case Block::Deliver:
      return end_section(out);
  }
}

template <Role role>
void Connection<role>::end_section(ByteWriter& out) {
  Stream& stream = *current_;
  if (rules_.malformed() || (!too_large_ && !rules_.complete())) return refuse(stream, ErrorCode::ProtocolError, out);
  if (rules_.informational()) {
    if (block_ends_stream_) return refuse(stream, ErrorCode::ProtocolError, out);  // RFC 9113 8.1
    return spend_idle_frame(out);
  }
  const bool trailers = stream.headers_received;
  stream.headers_received = true;
  const bool bodiless = rules_.status() == kNotModified;
  if (!trailers && !bodiless) stream.declared_bytes_left = rules_.content_length();
  if (block_ends_stream_ && stream.declared_bytes_left > 0) {
    return refuse(stream, ErrorCode::ProtocolError, out);  // RFC 9113 8.1.1
  }
  stream.remote_closed = block_ends_stream_;
  events_.on_section_end(stream, {.trailers = trailers, .end_stream = block_ends_stream_, .too_large = too_large_});
  if (current_ != nullptr && block_ends_stream_) half_close();
}

// --- The other frames ---

// RFC 9113 6.4.
template <Role role>
void Connection<role>::take_rst_stream(ErrorCode code, ByteWriter& out) {
  Stream* stream = events_.find_stream(frame_.stream);
  if (stream == nullptr) {
    if (idle(frame_.stream)) return fail(ErrorCode::ProtocolError, "RST_STREAM on an idle stream", out);
    return spend_idle_frame(out);
  }
  unlink(*stream);
  events_.on_reset(*stream, code, true);
  spend_reset(out);
}

// RFC 9113 6.9.
template <Role role>
void Connection<role>::take_window_update(std::uint32_t increment, ByteWriter& out) {
  if (updates_expected_ != 0) {
    --updates_expected_;
  } else {
    spend_idle_frame(out);
  }
  if (failed()) return;
  Stream* stream = frame_.stream == 0 ? nullptr : events_.find_stream(frame_.stream);
  if (frame_.stream != 0 && stream == nullptr) {
    if (idle(frame_.stream)) fail(ErrorCode::ProtocolError, "WINDOW_UPDATE on an idle stream", out);
    return;
  }
  std::int32_t& window = stream == nullptr ? send_window_bytes_ : stream->send_window_bytes;
  const bool overflow = std::int64_t{window} + increment > std::int64_t{kMaxWindowBytes};
  if (increment == 0 || overflow) {
    const ErrorCode code = overflow ? ErrorCode::FlowControlError : ErrorCode::ProtocolError;
    if (stream != nullptr) return refuse(*stream, code, out);
    return fail(code, overflow ? "window above 2^31-1" : "WINDOW_UPDATE of 0", out);
  }
  window += static_cast<std::int32_t>(increment);
  events_.on_window(stream);
}

// RFC 9113 6.7.
template <Role role>
void Connection<role>::take_ping(std::uint64_t payload, ByteWriter& out) {
  spend_idle_frame(out);
  if (failed()) return;
  if (has(frame_, kAck)) return events_.on_ping_ack(payload);
  write_ping(out, true, payload);
}

// RFC 9113 6.8.
template <Role role>
void Connection<role>::take_goaway(ByteReader& in, ByteWriter& out) {
  spend_idle_frame(out);
  if (failed()) return;
  const StreamId last = read_u31(in);
  const auto code = static_cast<ErrorCode>(in.take_u32());
  goaway_received_ = true;
  const Bytes reason = in.rest().first(in.remaining() < payload_left_ ? in.remaining() : payload_left_);
  events_.on_goaway(last, code, as_text(reason));
}

// RFC 9113 6.5.
template <Role role>
void Connection<role>::begin_settings(ByteWriter& out) {
  if (settings_received_) spend_idle_frame(out);
  next_initial_window_bytes_ = peer_initial_window_bytes_;
  if (!has(frame_, kAck) || settings_acknowledged_) return;
  settings_acknowledged_ = true;
  shrink_receive_windows();
  if (role == Role::Client || own_table_.size() >= kDefaultHeaderTableBytes) return;
  decoder_.set_max_table_bytes(own_table_.size());
  if (!table_lent_) return;
  decoder_.table().move_to(own_table_);
  table_lent_ = false;
  events_.return_table();
}

// Our SETTINGS_INITIAL_WINDOW_SIZE is in force for the streams that are open too (RFC 9113 6.9.2).
template <Role role>
void Connection<role>::shrink_receive_windows() {
  const std::int32_t change = static_cast<std::int32_t>(limits_.stream_window_bytes - kDefaultWindowBytes);
  for (Stream* stream = first_; stream != nullptr; stream = stream->next)
    stream->receive_window_bytes += change;
  events_.on_settings_ack();
}

template <Role role>
void Connection<role>::take_settings(ByteReader& in, ByteWriter& out) {
  while (!failed() && payload_left_ != 0 && in.remaining() >= kSettingBytes) {
    payload_left_ -= kSettingBytes;
    take_setting(read_setting(in), out);
  }
}

template <Role role>
void Connection<role>::take_setting(const Setting& setting, ByteWriter& out) {
  const std::uint32_t value = setting.value;
  switch (setting.id) {
    case SettingId::EnablePush:
      if (value > (role == Role::Server ? 1U : 0U)) fail(ErrorCode::ProtocolError, "SETTINGS_ENABLE_PUSH", out);
      return;
    case SettingId::MaxConcurrentStreams:
      peer_max_streams_ = value;
      return;
    case SettingId::InitialWindowSize:
      if (value > kMaxWindowBytes) return fail(ErrorCode::FlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE", out);
      next_initial_window_bytes_ = static_cast<std::int32_t>(value);
      return;
    case SettingId::MaxFrameSize:
      if (value < kDefaultMaxFrameBytes || value > kMaxMaxFrameBytes) {
        return fail(ErrorCode::ProtocolError, "SETTINGS_MAX_FRAME_SIZE", out);
      }
      peer_max_frame_bytes_ = value;
      return;
    case SettingId::HeaderTableSize:    // Our encoder uses no table.
    case SettingId::MaxHeaderListSize:  // Advice; what we send is bounded by what we take in.
      return;
  }
}

// RFC 9113 6.9.2. Only the last value of a frame is applied, once: a frame may hold thousands.
template <Role role>
void Connection<role>::end_settings(ByteWriter& out) {
  settings_received_ = true;
  const std::int64_t change = std::int64_t{next_initial_window_bytes_} - peer_initial_window_bytes_;
  peer_initial_window_bytes_ = next_initial_window_bytes_;
  for (Stream* stream = first_; stream != nullptr && change != 0; stream = stream->next) {
    const std::int64_t window = stream->send_window_bytes + change;
    if (window > std::int64_t{kMaxWindowBytes}) {
      return fail(ErrorCode::FlowControlError, "window above 2^31-1", out);
    }
    stream->send_window_bytes = static_cast<std::int32_t>(window);
  }
  write_settings_ack(out);
  if (change > 0) events_.on_window(nullptr);
}

// --- Streams ---

template <Role role>
void Connection<role>::link(Stream& stream) {
  stream.send_window_bytes = peer_initial_window_bytes_;
  stream.receive_window_bytes =
      static_cast<std::int32_t>(settings_acknowledged_ ? limits_.stream_window_bytes : kDefaultWindowBytes);
  stream.previous = last_;
  (last_ == nullptr ? first_ : last_->next) = &stream;
  last_ = &stream;
  ++stream_count_;
}

template <Role role>
void Connection<role>::unlink(Stream& stream) {
  (stream.previous == nullptr ? first_ : stream.previous->next) = stream.next;
  (stream.next == nullptr ? last_ : stream.next->previous) = stream.previous;
  stream.previous = stream.next = nullptr;
  --stream_count_;
  if (current_ != &stream) return;
  current_ = nullptr;
  block_ = Block::Ignore;
}

// Only the last ones are remembered one by one; whatever lies below a forgotten one may have been reset too.
template <Role role>
void Connection<role>::remember_reset(StreamId id) {
  StreamId& place = resets_seen_[resets_next_];
  if (place > resets_forgotten_) resets_forgotten_ = place;
  place = id;
  resets_next_ = (resets_next_ + 1) % kResetsRemembered;
}

template <Role role>
bool Connection<role>::reset_by_us(StreamId id) const {
  for (const StreamId seen : resets_seen_) {
    if (seen == id) return true;
  }
  return id <= resets_forgotten_ || (goaway_sent_ && id > goaway_last_);
}

template <Role role>
bool Connection<role>::idle(StreamId id) const {
  if (role == Role::Server) return id % 2 == 0 || id > last_peer_stream_;
  return id % 2 == 0 || id >= next_stream_;
}

// A stream error (RFC 9113 5.4.2).
template <Role role>
void Connection<role>::refuse(Stream& stream, ErrorCode code, ByteWriter& out) {
  reset(stream, code, out);
  events_.on_reset(stream, code, false);
  spend_reset(out);
}

template <Role role>
void Connection<role>::spend_reset(ByteWriter& out) {
  if (role == Role::Client || failed() || resets_.spend()) return;
  events_.on_limit(ConnectionLimit::Resets);
  fail(ErrorCode::EnhanceYourCalm, "too many resets", out);
}

template <Role role>
void Connection<role>::spend_idle_frame(ByteWriter& out) {
  if (failed() || idle_frames_.spend()) return;
  events_.on_limit(ConnectionLimit::IdleFrames);
  fail(ErrorCode::EnhanceYourCalm, "too many frames without progress", out);
}

template <Role role>
void Connection<role>::fail(ErrorCode code, std::string_view reason, ByteWriter& out) {
  if (failed()) return;
  goaway(code, reason, out);
  phase_ = Phase::Failed;
  current_ = nullptr;
  events_.on_connection_error(code, reason);
}

template class Connection<Role::Server>;
template class Connection<Role::Client>;

}  // namespace mote::wire
