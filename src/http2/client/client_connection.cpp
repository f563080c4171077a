#include "http2/client/client_connection.h"

#include <algorithm>

#include "bytes/constant_bytes.h"
#include "bytes/decimal.h"
#include "bytes/literal.h"
#include "hpack/encoder.h"
#include "http2/field_characters.h"
#include "http2/frame_rules.h"
#include "http2/window.h"

namespace mote::http2 {

namespace {

// DATA of at most this size counts as a frame without progress; a message that it completes refunds more.
constexpr std::uint32_t kTinyDataBytes = 8;
// The answers to one DATA frame of ours: WINDOW_UPDATEs for its stream and the connection, and a PING and SETTINGS if the server
// measures the bandwidth (gRFC A8). HAProxy sends both updates for each piece of the frame that it reads, so a large frame
// allows them for each 1,024 bytes.
constexpr std::uint32_t kFramesForData = 6;
constexpr unsigned kBytesForFrameShift = 9;

constexpr std::uint16_t kLowestFinalStatus = 200;

// The header of a frame on the connection, without flags.
consteval ConstantBytes frame_header(std::uint32_t length, FrameType type) {
  return ConstantBytes().u24(length).u8(static_cast<std::uint8_t>(type)).u8(0).u32(0);
}
consteval std::uint16_t id(SettingId setting) {
  return static_cast<std::uint16_t>(setting);
}

// Our preface (RFC 9113 3.4) up to the first value that varies, which is INITIAL_WINDOW_SIZE: start() writes the rest.
constexpr auto kPrefaceStart = constant_bytes<[] {
  return ConstantBytes()
      .text(kPreface)
      .bytes(frame_header(4 * kSettingBytes, FrameType::Settings))
      .u16(id(SettingId::HeaderTableSize))
      .u32(0)
      .u16(id(SettingId::EnablePush))
      .u32(0)
      .u16(id(SettingId::InitialWindowSize));
}>();

constexpr auto kPing =
    constant_bytes<[] { return ConstantBytes().bytes(frame_header(kPingBytes, FrameType::Ping)).u32(0).u32(0); }>();

}  // namespace

ClientConnection::ClientConnection(const Limits& limits, MutableBytes output, MutableBytes scratch)
    : out_(output), limits_(limits), decoder_(scratch) {
}

// Most of the following functions have one caller and are inline, which saves flash.

ClientConnection::Event ClientConnection::next() {
  Event event = Event::None;
  while (event == Event::None && ready()) {
    switch (phase_) {
      case Phase::Head:
        event = begin_frame();
        break;
      case Phase::Fixed:
        event = begin_payload();
        break;
      case Phase::Payload:
        event = take_payload();
        break;
    }
  }
  // The rest of the section or frame is discarded, as on any closed stream.
  if (event == Event::Malformed) reset(ErrorCode::ProtocolError);
  if (event < Event::Failed) return event;
  error_ = static_cast<std::uint32_t>(event) - static_cast<std::uint32_t>(Event::Failed);
  stream_ = 0;
  write_goaway(out_, 0, code_of(fault()), reason_of(fault()));
  return Event::Failed;
}

// There are enough bytes, and enough room, for the next step.
inline bool ClientConnection::ready() {
  if (phase_ == Phase::Payload) return left_ + skip_ == 0 || !in_.empty();
  if (phase_ == Phase::Head && out_.room() < kReserveBytes) return false;
  while (have_ < wanted_ && !in_.empty())
    fixed_[have_++] = in_.take_u8();
  return have_ == wanted_;
}

void ClientConnection::want(Phase phase, std::uint32_t size) {
  phase_ = phase;
  have_ = 0;
  wanted_ = static_cast<std::uint8_t>(size);
}

ClientConnection::Event ClientConnection::begin_frame() {
  const FrameHeader frame = frame_header_of(fixed_);
  // One by one: an assignment of the whole struct builds it in memory first.
  frame_.length = frame.length;
  frame_.type = frame.type;
  frame_.flags = frame.flags;
  frame_.stream = frame.stream;
  const std::uint8_t rule = rule_of(frame);
  const std::uint32_t fixed = fixed_bytes(frame, rule);
  const bool settings = frame.type == FrameType::Settings && !has(frame, kAck);
  if (!settings_received_ && !settings) return failed(Fault::FirstFrame);
  if (!length_valid(frame, rule, fixed)) return failed(Fault::FrameSize);
  // Our streams are odd; the server must not open any.
  std::uint8_t place = frame.stream % 2 == 0 || frame.stream >= next_stream_ ? kOnIdleStream : kOnStream;
  if (frame.stream == 0) place = kOnConnection;
  if ((rule & place) == 0) return failed(Fault::FrameStream);
  if ((frame.type == FrameType::Continuation ? frame.stream : 0) != block_stream_)
    return failed(Fault::BlockInterrupted);
  if (frame.type == FrameType::PushPromise) return failed(Fault::Push);
  left_ = frame.length - fixed;
  want(Phase::Fixed, fixed);
  return Event::None;
}

ClientConnection::Event ClientConnection::begin_payload() {
  const std::span fixed(fixed_);
  phase_ = Phase::Payload;
  if (frame_.type <= FrameType::Headers && has(frame_, kPadded)) {
    skip_ = fixed.front();
    if (skip_ > left_) return failed(Fault::Padding);
    left_ -= skip_;
  }
  switch (frame_.type) {
    case FrameType::Data:
      return begin_data();
    case FrameType::Headers:
    case FrameType::Continuation:
      return begin_block();
    case FrameType::Settings:
      return take_settings();
    case FrameType::RstStream:
      if (!on_stream()) break;
      stream_ = 0;
      error_ = load_u32(fixed.first<4>());
      return Event::Reset;
    case FrameType::WindowUpdate:
      return take_window_update(u31_of(fixed.first<4>()));
    case FrameType::Ping:
      if (has(frame_, kAck)) break;
      frame_.flags = kAck;
      write_frame_header(out_, frame_);
      out_.bytes(fixed.first<kPingBytes>());
      break;
    case FrameType::GoAway:
      draining_ = true;
      if (stream_ <= u31_of(fixed.first<4>())) break;
      stream_ = 0;
      return Event::Unprocessed;
    case FrameType::Priority:
    case FrameType::PushPromise:
      break;
  }
  skip_ = left_;
  left_ = 0;
  return spend_idle_frame();
}

// RFC 9113 6.1. The connection's window is refilled at once, because nothing is stored here.
inline ClientConnection::Event ClientConnection::begin_data() {
  connection_receive_window_bytes_ -= static_cast<std::int32_t>(frame_.length);
  if (connection_receive_window_bytes_ < 0) return failed(Fault::ConnectionWindow);
  if (connection_receive_window_bytes_ <= kConnectionWindowBytes / 2) {
    write_window_update(out_, 0, static_cast<std::uint32_t>(kConnectionWindowBytes - connection_receive_window_bytes_));
    connection_receive_window_bytes_ = kConnectionWindowBytes;
  }
  if (on_stream()) {
    if (!headers_received_) return Event::Malformed;
    if (frame_.length > receive_window_bytes_) return failed(Fault::StreamWindow);
    receive_window_bytes_ -= frame_.length - left_;
  }
  return left_ <= kTinyDataBytes && !has(frame_, kEndStream) ? spend_idle_frame() : Event::None;
}

inline ClientConnection::Event ClientConnection::begin_block() {
  if (frame_.type == FrameType::Headers) {
    block_stream_ = frame_.stream;
    block_ends_stream_ = has(frame_, kEndStream);
    block_frames_ = 0;
    section_bytes_ = 0;
    too_large_ = malformed_ = false;
    decoder_.begin();
    if (!on_stream()) return spend_idle_frame();
    if (headers_received_ && !block_ends_stream_) return Event::Malformed;  // RFC 9113 8.1
  }
  return ++block_frames_ > kHeaderFrames ? failed(Fault::HeaderFrames) : Event::None;
}

// RFC 9113 6.5. Called for the frame, and then for each setting in it.
inline ClientConnection::Event ClientConnection::take_settings() {
  Event event = Event::None;
  if (have_ != 0) {
    event = take_setting();
  } else if (settings_received_) {
    event = spend_idle_frame();
  }
  if (left_ != 0) {
    if (left_ < kSettingBytes || has(frame_, kAck)) return failed(Fault::FrameSize);
    left_ -= kSettingBytes;
    want(Phase::Fixed, kSettingBytes);
  } else if (!has(frame_, kAck)) {
    settings_received_ = true;
    write_settings_ack(out_);
  }
  return event;
}

inline ClientConnection::Event ClientConnection::take_setting() {
  const Setting setting = setting_of(std::span(fixed_).first<kSettingBytes>());
  const std::uint32_t value = setting.value;
  switch (setting.id) {
    case SettingId::MaxConcurrentStreams:
      streams_allowed_ = value != 0;
      break;
    case SettingId::InitialWindowSize: {
      if (value > kMaxWindowBytes) return failed(Fault::InitialWindow);
      const std::int32_t change = static_cast<std::int32_t>(value) - peer_initial_window_bytes_;
      peer_initial_window_bytes_ = static_cast<std::int32_t>(value);
      if (stream_ != 0 && !change_window(send_window_bytes_, change)) return failed(Fault::WindowOverflow);
      break;
    }
    case SettingId::EnablePush:         // For servers only.
    case SettingId::MaxFrameSize:       // Our frames never exceed its minimum.
    case SettingId::HeaderTableSize:    // Our encoder uses no table.
    case SettingId::MaxHeaderListSize:  // Advisory.
      break;
  }
  return Event::None;
}

// RFC 9113 6.9.
ClientConnection::Event ClientConnection::take_window_update(std::uint32_t increment) {
  if (increment == 0) return failed(Fault::UpdateOfZero);
  std::int32_t& window = frame_.stream == 0 ? connection_send_window_bytes_ : send_window_bytes_;
  const bool ours = frame_.stream == 0 || on_stream();
  if (ours && !change_window(window, static_cast<std::int32_t>(increment))) return failed(Fault::WindowOverflow);
  return spend_idle_frame();
}

ClientConnection::Event ClientConnection::take_payload() {
  // The stream may have been closed in the meantime.
  if (!on_stream()) {
    skip_ += left_;
    left_ = 0;
  }
  if (left_ != 0) return frame_.type == FrameType::Data ? take_data() : take_block();
  skip_ -= static_cast<std::uint32_t>(in_.take(skip_).size());
  if (skip_ != 0) return Event::None;
  want(Phase::Head, kFrameHeaderBytes);
  return end_frame();
}

inline ClientConnection::Event ClientConnection::take_data() {
  data_ = in_.take(left_);
  left_ -= static_cast<std::uint32_t>(data_.size());
  receive_window_bytes_ -= static_cast<std::uint32_t>(data_.size());
  return Event::Data;
}

inline ClientConnection::Event ClientConnection::take_block() {
  --left_;
  switch (decoder_.take(in_.take_u8())) {
    case hpack::StaticDecoder::Result::More:
      return Event::None;
    case hpack::StaticDecoder::Result::Error:
      return failed(Fault::Hpack);
    case hpack::StaticDecoder::Result::LeftOut:
      too_large_ = true;
      return Event::None;
    case hpack::StaticDecoder::Result::Field:
      break;
  }
  return take_field();
}

// RFC 9113 8.2 and 8.3.2: :status is the first field and occurs once; the characters of the others must be allowed. Another
// pseudo-header is refused because of its ':'.
inline ClientConnection::Event ClientConnection::take_field() {
  const hpack::HeaderField& field = decoder_.field();
  section_bytes_ += decoder_.field_bytes();
  if (section_bytes_ > limits_.header_bytes) too_large_ = true;
  if (status_ == 0) return take_status() ? Event::None : Event::Malformed;
  if (!name_allowed(field.name) || !value_readable(field.value)) {
    malformed_ = true;
    return Event::MalformedField;
  }
  return status_ < kLowestFinalStatus ? Event::None : Event::Field;
}

inline bool ClientConnection::take_status() {
  const hpack::HeaderField& field = decoder_.field();
  if (!is(field.name, ":status") || field.value.size() != 3) return false;
  const int status = decimal(field.value);
  status_ = static_cast<std::uint16_t>(status);
  return status >= 100;
}

inline ClientConnection::Event ClientConnection::end_frame() {
  if (frame_.type == FrameType::Data) return has(frame_, kEndStream) && on_stream() ? end_stream() : Event::None;
  const bool of_block = frame_.type == FrameType::Headers || frame_.type == FrameType::Continuation;
  return of_block && has(frame_, kEndHeaders) ? end_block() : Event::None;
}

inline ClientConnection::Event ClientConnection::end_block() {
  block_stream_ = 0;
  if (!on_stream()) return Event::None;
  if (!decoder_.whole()) return failed(Fault::BlockCutShort);
  if (malformed_) return Event::Malformed;
  // RFC 9113 8.1: any number of 1xx may precede the response.
  if (status_ < kLowestFinalStatus) {
    if (status_ == 0 || block_ends_stream_) return Event::Malformed;
    status_ = 0;
    return spend_idle_frame();
  }
  headers_received_ = true;
  return block_ends_stream_ ? end_stream() : Event::Headers;
}

ClientConnection::Event ClientConnection::end_stream() {
  if (!local_closed_) write_rst_stream(out_, stream_, ErrorCode::NoError);
  stream_ = 0;
  return Event::End;
}

ClientConnection::Event ClientConnection::spend_idle_frame() {
  return idle_frames_.spend() ? Event::None : failed(Fault::IdleFrames);
}

// --- Sending ---

void ClientConnection::start() {
  out_.bytes(kPrefaceStart);
  out_.u32(limits_.stream_window_bytes);
  out_.u16(id(SettingId::MaxHeaderListSize));
  out_.u32(limits_.header_bytes);
  write_window_update(out_, 0, kConnectionWindowBytes - kDefaultWindowBytes);
}

// Our encoder does not use the server's table and announces this, which satisfies RFC 7541 4.2 for any SETTINGS of the server.
void ClientConnection::begin_request() {
  write_frame_header(out_, {.type = FrameType::Headers, .flags = kEndHeaders, .stream = next_stream_});
  hpack::Encoder(out_).no_table();
}

bool ClientConnection::open() {
  const std::size_t length = out_.size() - kFrameHeaderBytes;
  if (out_.overflowed() || out_.room() < kReserveBytes || length > kDefaultMaxFrameBytes) return false;
  out_.patch_u24(0, static_cast<std::uint32_t>(length));
  stream_ = next_stream_;
  next_stream_ += 2;
  send_window_bytes_ = peer_initial_window_bytes_;
  receive_window_bytes_ = limits_.stream_window_bytes;
  status_ = 0;
  headers_received_ = local_closed_ = false;
  return true;
}

std::size_t ClientConnection::sendable_bytes() const {
  const std::int32_t window = std::min(connection_send_window_bytes_, send_window_bytes_);
  return static_cast<std::size_t>(std::max<std::int32_t>(window, 0));
}

MutableBytes ClientConnection::data_place() const {
  if (out_.room() < kFrameHeaderBytes + kReserveBytes) return {};
  const MutableBytes place = out_.tail().subspan(kFrameHeaderBytes);
  const std::size_t most = std::min<std::size_t>(sendable_bytes(), kDefaultMaxFrameBytes);
  return place.first(std::min(place.size() - kReserveBytes, most));
}

void ClientConnection::send_data(std::size_t size, bool last) {
  const auto length = static_cast<std::uint32_t>(size);
  local_closed_ = last;
  write_frame_header(out_, {length, FrameType::Data, last ? kEndStream : std::uint8_t{0}, stream_});
  out_.advance(size);
  send_window_bytes_ -= static_cast<std::int32_t>(length);
  connection_send_window_bytes_ -= static_cast<std::int32_t>(length);
  refund_idle_frames(kFramesForData + (length >> kBytesForFrameShift));
}

void ClientConnection::grant_up_to(std::uint32_t size) {
  if (stream_ == 0 || size <= receive_window_bytes_) return;
  write_window_update(out_, stream_, size - receive_window_bytes_);
  receive_window_bytes_ = size;
}

void ClientConnection::ping() {
  out_.bytes(kPing);
}

void ClientConnection::reset(ErrorCode error) {
  if (stream_ != 0) write_rst_stream(out_, stream_, error);
  stream_ = 0;
}

}  // namespace mote::http2
