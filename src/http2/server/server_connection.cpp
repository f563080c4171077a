#include "http2/server/server_connection.h"

#include "http2/frame_rules.h"

namespace mote::http2 {

namespace {

// RFC 9113 6.5: whole settings, and none where ours are acknowledged.
bool settings_valid(const FrameHeader& frame) {
  if (frame.type != FrameType::Settings) return true;
  return has(frame, kAck) ? frame.length == 0 : frame.length % kSettingBytes == 0;
}

}  // namespace

ServerConnection::ServerConnection(const ConnectionLimits& limits, ConnectionEvents& events, MutableBytes table,
                                   MutableBytes table_reserve)
    : limits_(limits),
      events_(events),
      decoder_(table, kDefaultHeaderTableBytes, table_reserve),
      resets_(limits.reset_budget),
      refusals_(limits.free_refusals),
      idle_frames_(limits.idle_frame_budget) {
}

std::size_t ServerConnection::receive(Bytes bytes, MutableBytes scratch, ByteWriter& out) {
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
bool ServerConnection::take_preface(ByteReader& in, ByteWriter& out) {
  const Bytes expected = as_bytes(kPreface).subspan(preface_matched_);
  const Bytes got = in.take(expected.size());
  if (as_text(got) != as_text(expected.first(got.size()))) {
    fail(Fault::Preface, out);
    return false;
  }
  preface_matched_ = static_cast<std::uint8_t>(preface_matched_ + got.size());
  if (preface_matched_ < kPreface.size()) return false;
  phase_ = Phase::FrameHeader;
  return true;
}

bool ServerConnection::take_frame_header(ByteReader& in, ByteWriter& out) {
  if (in.remaining() < kFrameHeaderBytes || out.room() < kControlReserveBytes) return false;
  ByteReader ahead = in;
  const FrameHeader frame = read_frame_header(ahead);
  const std::uint8_t rule = rule_of(frame);
  const std::uint32_t fixed = fixed_bytes(frame, rule);
  if (!check_frame(frame, rule, fixed, out)) return false;
  if (ahead.remaining() < fixed) return false;

  in = ahead;
  frame_ = frame;
  payload_left_ = frame.length - fixed;
  padding_left_ = 0;
  if (block_stream_ == 0) current_ = nullptr;
  phase_ = Phase::Payload;
  begin_frame(in, out);
  return !failed();
}

bool ServerConnection::check_frame(const FrameHeader& frame, std::uint8_t rule, std::uint32_t fixed, ByteWriter& out) {
  if (!settings_received_ && (frame.type != FrameType::Settings || has(frame, kAck))) {
    fail(Fault::FirstFrame, out);  // RFC 9113 3.4
  } else if (!length_valid(frame, rule, fixed) || !settings_valid(frame)) {
    fail(Fault::FrameSize, out);
  } else if ((rule & (frame.stream != 0 ? kOnStream : kOnConnection)) == 0) {
    fail(Fault::FrameStream, out);
  } else if (block_stream_ != 0 && (frame.type != FrameType::Continuation || frame.stream != block_stream_)) {
    fail(Fault::BlockInterrupted, out);  // RFC 9113 6.2
  } else if (block_stream_ == 0 && frame.type == FrameType::Continuation) {
    fail(Fault::StrayContinuation, out);  // RFC 9113 6.10
  } else if (frame.type == FrameType::PushPromise) {
    fail(Fault::Push, out);  // RFC 9113 8.4: clients never push
  }
  return !failed();
}

void ServerConnection::begin_frame(ByteReader& in, ByteWriter& out) {
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
      return take_priority(in, out);
    case FrameType::PushPromise:
      break;
  }
  spend_idle_frame(out);  // RFC 9113 5.5: frames of unknown types are discarded.
}

bool ServerConnection::take_payload(ByteReader& in, MutableBytes scratch, ByteWriter& out) {
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

void ServerConnection::take_piece(Bytes piece, MutableBytes scratch, ByteWriter& out) {
  switch (frame_.type) {
    case FrameType::Data:
      if (current_ == nullptr || piece.empty()) break;
      if (payload_left_ == 0 && padding_left_ == 0 && has(frame_, kEndStream)) current_->remote_closed = true;
      events_.on_data(*current_, piece);
      break;
    case FrameType::Headers:
    case FrameType::Continuation:
      if (!decode(piece, scratch)) fail(Fault::Hpack, out);
      break;
    default:
      break;  // The rest of GOAWAY and of unknown frames says nothing to us.
  }
}

bool ServerConnection::take_padding(ByteReader& in, ByteWriter& out) {
  padding_left_ = static_cast<std::uint8_t>(padding_left_ - in.take(padding_left_).size());
  if (padding_left_ != 0) return false;
  phase_ = Phase::FrameHeader;
  end_frame(out);
  return !failed();
}

void ServerConnection::end_frame(ByteWriter& out) {
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

// --- Streams ---

void ServerConnection::link(Stream& stream) {
  stream.send_window_bytes = peer_initial_window_bytes_;
  stream.receive_window_bytes = initial_receive_window();
  stream.previous = last_;
  (last_ == nullptr ? first_ : last_->next) = &stream;
  last_ = &stream;
  ++stream_count_;
}

void ServerConnection::unlink(Stream& stream) {
  (stream.previous == nullptr ? first_ : stream.previous->next) = stream.next;
  (stream.next == nullptr ? last_ : stream.next->previous) = stream.previous;
  stream.previous = stream.next = nullptr;
  --stream_count_;
  if (current_ != &stream) return;
  current_ = nullptr;
  block_ = Block::Ignore;
}

// Of a stream, before any WINDOW_UPDATE.
std::int32_t ServerConnection::initial_receive_window() const {
  return static_cast<std::int32_t>(settings_acknowledged_ ? limits_.stream_window_bytes : kDefaultWindowBytes);
}

// Only the last ones are remembered one by one; whatever lies below a forgotten one of ours may have been reset too.
void ServerConnection::remember_reset(StreamId id) {
  StreamId& place = resets_seen_[resets_next_];
  if ((place & kByPeer) == 0 && place > resets_forgotten_) resets_forgotten_ = place;
  place = id;
  resets_next_ = (resets_next_ + 1) % kResetsRemembered;
}

void ServerConnection::remember_reset_by_peer(StreamId id) {
  remember_reset(id | kByPeer);
}

// Whether the peer has reset the stream. The caller resets it as well: later frames on it are discarded.
bool ServerConnection::take_reset_by_peer(StreamId id) {
  for (StreamId& seen : resets_seen_) {
    if (seen != (id | kByPeer)) continue;
    seen = id;
    return true;
  }
  return false;
}

bool ServerConnection::reset_by_us(StreamId id) const {
  for (const StreamId seen : resets_seen_) {
    if (seen == id) return true;
  }
  return id <= resets_forgotten_ || (goaway_sent_ && id > goaway_last_);
}

bool ServerConnection::idle(StreamId id) const {
  return id % 2 == 0 || id > last_peer_stream_;
}

// A stream error (RFC 9113 5.4.2).
void ServerConnection::refuse(Stream& stream, ErrorCode code, ByteWriter& out) {
  reset(stream, code, out);
  events_.on_reset(stream, code, false);
  spend_reset(out);
}

// A stream error on a closed stream, which has no record.
void ServerConnection::refuse_closed(StreamId id, ErrorCode code, ByteWriter& out) {
  write_rst_stream(out, id, code);
  spend_reset(out);
}

// Of a stream that we close before its request ended: frames of the peer may be under way.
void ServerConnection::forget_early(StreamId id, std::int32_t window_bytes) {
  remember_reset(id);
  provoked_.ended_early(window_bytes, limits_.streams);
}

void ServerConnection::spend_reset(ByteWriter& out) {
  if (failed() || resets_.spend()) return;
  events_.on_limit(ConnectionLimit::Resets);
  fail(Fault::Resets, out);
}

void ServerConnection::spend_idle_frame(ByteWriter& out) {
  if (failed() || idle_frames_.spend()) return;
  events_.on_limit(ConnectionLimit::IdleFrames);
  fail(Fault::IdleFrames, out);
}

void ServerConnection::fail(Fault fault, ByteWriter& out) {
  fail(code_of(fault), reason_of(fault), out);
}

void ServerConnection::fail(ErrorCode code, std::string_view reason, ByteWriter& out) {
  if (failed()) return;
  goaway(code, reason, out);
  phase_ = Phase::Failed;
  current_ = nullptr;
  events_.on_connection_error(code, reason);
}

}  // namespace mote::http2
