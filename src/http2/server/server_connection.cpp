#include "http2/server/server_connection.h"

#include "http2/frame_rules.h"

namespace mote::http2 {

namespace {

// RFC 9113 6.5: a whole number of settings, and none in an acknowledgement.
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
      flood_budget_(limits) {
}

std::size_t ServerConnection::receive(Bytes bytes, MutableBytes scratch, ByteWriter& out, TurnBudget& turn) {
  if (out.room() < kControlReserveBytes && !failed()) return 0;
  ByteReader in(bytes);
  bool going = true;
  while (going) {
    switch (phase_) {
      case Phase::Preface:
        going = take_preface(in, out);
        break;
      case Phase::FrameHeader:
        going = take_frame_header(in, out, turn);
        break;
      case Phase::Payload:
        going = take_payload(in, scratch, out);
        break;
      case Phase::Padding:
        going = take_padding(in, out, turn);
        break;
      case Phase::Failed:
        return bytes.size();
    }
  }
  return failed() ? bytes.size() : bytes.size() - in.remaining();
}

std::size_t ServerConnection::data_missing(Bytes bytes) const {
  if (phase_ == Phase::Preface || phase_ == Phase::Failed) return 0;
  std::size_t left = std::size_t{payload_left_} + padding_left_;  // Both are 0 between frames.
  FrameType type = frame_.type;
  ByteReader in(bytes);
  while (left <= in.remaining()) {
    in.take(left);
    if (in.remaining() < kFrameHeaderBytes) return 0;
    const FrameHeader frame = read_frame_header(in);
    left = frame.length;
    type = frame.type;
  }
  return type == FrameType::Data ? left - in.remaining() : 0;
}

bool ServerConnection::take_frame_header(ByteReader& in, ByteWriter& out, TurnBudget& turn) {
  if (in.remaining() < kFrameHeaderBytes || out.room() < kControlReserveBytes || turn.spent()) return false;
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
  if (!block_.open()) current_ = nullptr;
  phase_ = Phase::Payload;
  turn.spend_frame();
  begin_frame(in, out);
  return !failed();
}

bool ServerConnection::check_frame(const FrameHeader& frame, std::uint8_t rule, std::uint32_t fixed, ByteWriter& out) {
  if (!settings_.received() && (frame.type != FrameType::Settings || has(frame, kAck))) {
    fail(Fault::FirstFrame, out);  // RFC 9113 3.4
  } else if (!length_valid(frame, rule, fixed) || !settings_valid(frame)) {
    fail(Fault::FrameSize, out);
  } else if ((rule & (frame.stream != 0 ? kOnStream : kOnConnection)) == 0) {
    fail(Fault::FrameStream, out);
  } else if (block_.open() && (frame.type != FrameType::Continuation || frame.stream != block_.stream)) {
    fail(Fault::BlockInterrupted, out);  // RFC 9113 6.2
  } else if (!block_.open() && frame.type == FrameType::Continuation) {
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
      decode(piece, scratch, out);
      break;
    default:
      break;  // The rest of GOAWAY and of unknown frames is discarded.
  }
}

bool ServerConnection::take_padding(ByteReader& in, ByteWriter& out, TurnBudget& turn) {
  padding_left_ = static_cast<std::uint8_t>(padding_left_ - in.take(padding_left_).size());
  if (padding_left_ != 0) return false;
  phase_ = Phase::FrameHeader;
  const bool in_block = block_.open();
  end_frame(out);
  if (in_block && !block_.open()) {
    turn.spend_block(block_.fields - (block_.restored ? known_.known_fields() : 0),
                     block_.field_bytes - (block_.restored ? known_.known_field_bytes() : 0));
  }
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
