#include "http2/server/server_connection.h"

#include "http2/frame_rules.h"

namespace mote::http2 {

ServerConnection::ServerConnection(const ConnectionLimits& limits, ConnectionEvents& events, MutableBytes table,
                                   MutableBytes table_reserve)
    : limits_(limits),
      events_(events),
      decoder_(table, kDefaultHeaderTableBytes, table_reserve),
      flood_budget_(limits) {
}

std::size_t ServerConnection::receive(Bytes bytes, MutableBytes scratch, ByteWriter& out, TurnBudget& turn) {
  if (failed()) return bytes.size();
  if (out.room() < kControlReserveBytes) return 0;
  ByteReader in(bytes);
  bool going = phase_ != Phase::Preface || take_preface(in, out);
  while (going) {
    going = (phase_ == Phase::Payload || take_frame_header(in, out, turn)) && take_payload(in, scratch, out, turn);
  }
  return failed() ? bytes.size() : bytes.size() - in.remaining();
}

std::size_t ServerConnection::data_missing(Bytes bytes) const {
  const Missing missing = missing_behind(bytes);
  return missing.of_data ? missing.bytes : 0;
}

std::size_t ServerConnection::frame_missing(Bytes bytes) const {
  return missing_behind(bytes).bytes;
}

ServerConnection::Missing ServerConnection::missing_behind(Bytes bytes) const {
  if (failed()) return {};
  const bool in_preface = phase_ == Phase::Preface;  // Which is like a frame of its own.
  std::size_t left = in_preface ? kPreface.size() - preface_matched_ : std::size_t{payload_left_} + padding_left_;
  bool data = !in_preface && frame_.type == FrameType::Data;
  ByteReader in(bytes);
  while (left < in.remaining()) {
    in.take(left);
    if (in.remaining() < kFrameHeaderBytes) return {.bytes = kFrameHeaderBytes - in.remaining(), .of_data = false};
    const FrameHeader frame = read_frame_header(in);
    left = frame.length;
    data = frame.type == FrameType::Data;
  }
  return {.bytes = left - in.remaining(), .of_data = data};
}

bool ServerConnection::take_frame_header(ByteReader& in, ByteWriter& out, TurnBudget& turn) {
  if (in.remaining() < kFrameHeaderBytes || out.room() < kControlReserveBytes || turn.spent()) return false;
  ByteReader ahead = in;
  frame_ = read_frame_header(ahead);
  const std::uint8_t rule = rule_of(frame_);
  const std::uint32_t fixed = fixed_bytes(frame_, rule);
  if (!check_frame(rule, fixed, out) || ahead.remaining() < fixed) return false;

  in = ahead;
  payload_left_ = frame_.length - fixed;
  padding_left_ = 0;
  phase_ = Phase::Payload;
  turn.spend_frame();
  begin_frame(in, out);
  return !failed();
}

bool ServerConnection::check_frame(std::uint8_t rule, std::uint32_t fixed, ByteWriter& out) {
  const bool settings = frame_.type == FrameType::Settings;
  if (!settings_.received() && (!settings || has(frame_, kAck))) {
    fail(Fault::FirstFrame, out);  // RFC 9113 3.4
  } else if (!length_valid(frame_, rule, fixed) || (settings && !settings_length_valid(frame_))) {
    fail(Fault::FrameSize, out);
  } else if ((rule & (frame_.stream != 0 ? kOnStream : kOnConnection)) == 0) {
    fail(Fault::FrameStream, out);
  } else if (block_.stream != (frame_.type == FrameType::Continuation ? frame_.stream : 0)) {
    fail(block_.open() ? Fault::BlockInterrupted : Fault::StrayContinuation, out);  // RFC 9113 6.2, 6.10
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
      return fail(Fault::Push, out);  // RFC 9113 8.4: clients never push.
  }
  spend_idle_frame(out);  // RFC 9113 5.5: frames of unknown types are discarded.
}

bool ServerConnection::take_payload(ByteReader& in, MutableBytes scratch, ByteWriter& out, TurnBudget& turn) {
  if (frame_.type == FrameType::Settings) {
    take_settings(in, out);
  } else if (payload_left_ != 0 && !in.empty()) {
    const Bytes before = in.rest();
    const Bytes piece = in.take(payload_left_);
    payload_left_ -= static_cast<std::uint32_t>(piece.size());
    if (frame_.type == FrameType::Data) {
      if (const std::size_t left = take_data(piece); left != 0) {
        in = ByteReader(before.subspan(piece.size() - left));
        payload_left_ += static_cast<std::uint32_t>(left);
      }
    } else if (frame_.type == FrameType::Headers || frame_.type == FrameType::Continuation) {
      decode(piece, scratch, out);
    }  // The rest of GOAWAY and of unknown frames is discarded.
  }
  if (failed() && block_.open()) spend_block(turn);
  if (failed() || payload_left_ != 0) return false;
  if (padding_left_ != 0) {
    padding_left_ = static_cast<std::uint8_t>(padding_left_ - in.take(padding_left_).size());
    if (padding_left_ != 0) return false;
  }
  phase_ = Phase::FrameHeader;
  end_frame(out, turn);
  return !failed();
}

void ServerConnection::end_frame(ByteWriter& out, TurnBudget& turn) {
  switch (frame_.type) {
    case FrameType::Data:
      if (has(frame_, kEndStream) && current_ != nullptr) half_close();
      break;
    case FrameType::Headers:
    case FrameType::Continuation:
      if (has(frame_, kEndHeaders)) end_block(out, turn);
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
