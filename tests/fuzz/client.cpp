#include "fuzz/client.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "http2/constants.h"
#include "support/frame_text.h"

namespace mote::fuzz {

namespace {

constexpr std::uint8_t kData = 0;
constexpr std::uint8_t kHeaders = 1;
constexpr std::uint8_t kRstStream = 3;
constexpr std::uint8_t kSettings = 4;
constexpr std::uint8_t kGoAway = 7;
constexpr std::uint8_t kWindowUpdate = 8;
constexpr std::uint8_t kContinuation = 9;
constexpr std::uint8_t kEndStream = 1;
constexpr std::uint8_t kAck = 1;
constexpr std::uint8_t kEndHeaders = 4;
constexpr std::uint8_t kPadded = 8;
constexpr std::int64_t kPlenty = 16 << 20;

using Buffer = std::vector<std::uint8_t>;

void put(Buffer& to, std::uint32_t value, unsigned bytes) {
  while (bytes-- != 0)
    to.push_back(static_cast<std::uint8_t>(value >> 8 * bytes));
}

// RFC 7541 5.1.
void put_integer(Buffer& to, std::size_t value, unsigned prefix_bits, std::uint8_t first) {
  const std::size_t most = (std::size_t{1} << prefix_bits) - 1;
  if (value < most) return to.push_back(static_cast<std::uint8_t>(first | value));
  to.push_back(static_cast<std::uint8_t>(first | most));
  for (value -= most; value > 0x7f; value >>= 7U)
    to.push_back(static_cast<std::uint8_t>(value | 0x80U));
  to.push_back(static_cast<std::uint8_t>(value));
}

void put_text(Buffer& to, std::string_view text) {
  put_integer(to, text.size(), 7, 0);
  to.insert(to.end(), text.begin(), text.end());
}

void put_field(Buffer& to, std::string_view name, std::string_view value, bool indexed) {
  to.push_back(indexed ? 0x40 : 0x00);
  put_text(to, name);
  put_text(to, value);
}

// MOTE_FUZZ_TRACE=1 in the environment shows what an input does.
void trace(std::size_t client, char direction, const test::RawFrame& frame) {
  static const bool kWanted = std::getenv("MOTE_FUZZ_TRACE") != nullptr;
  if (!kWanted) return;
  const std::string length = " (" + std::to_string(frame.payload.size()) + " bytes)";
  const bool known = test::fault_of(frame).empty();
  const std::string text = known ? test::text_of(frame) : "type " + std::to_string(frame.type);
  std::fprintf(stderr, "%zu %c %.80s%s\n", client, direction, text.c_str(), length.c_str());
}

std::uint32_t number(std::span<const std::uint8_t> bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes)
    value = value << 8U | byte;
  return value;
}

}  // namespace

Client::Client(System& system, std::uint32_t table_bytes)
    : system_(system), number_(system.connect()), table_bytes_(table_bytes) {
  windows_[0].granted = 65535;
}

void Client::send(Bytes bytes) {
  Socket& to = socket();
  if (to.client_closed || to.broken) return;
  to.to_engine.insert(to.to_engine.end(), bytes.begin(), bytes.end());
  if (!holding_) to.arrived = to.to_engine.size();
}

void Client::greet(std::span<const std::pair<std::uint16_t, std::uint32_t>> settings) {
  send(as_bytes(http2::kPreface));
  Buffer payload;
  for (const auto& [id, value] : settings) {
    put(payload, id, 2);
    put(payload, value, 4);
  }
  frame(kSettings, 0, 0, payload);
}

void Client::frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, Bytes payload) {
  if (open_block_ != 0 && type != kContinuation) go_wrong();
  if (type == kSettings) note_settings(payload);
  Buffer bytes;
  bytes.reserve(9 + payload.size());
  put(bytes, static_cast<std::uint32_t>(payload.size()), 3);
  bytes.push_back(type);
  bytes.push_back(flags);
  put(bytes, stream, 4);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  trace(number_, '>', {type, flags, stream, payload});
  send(bytes);
}

void Client::note_settings(Bytes payload) {
  constexpr std::uint32_t kInitialWindowSize = 4;
  constexpr std::uint32_t kMaxFrameSize = 5;
  for (; payload.size() >= 6; payload = payload.subspan(6)) {
    const std::uint32_t id = number(payload.first(2));
    const std::uint32_t value = number(payload.subspan(2, 4));
    if (id == kInitialWindowSize) initial_window_ = std::max<std::int64_t>(initial_window_, value);
    if (id == kMaxFrameSize) judge_.allow_frames(value);
  }
}

void Client::number_frame(std::uint8_t type, std::uint32_t stream, std::uint32_t number) {
  Buffer payload;
  put(payload, number, 4);
  frame(type, 0, stream, payload);
}

void Client::setting(std::uint16_t id, std::uint32_t value) {
  Buffer payload;
  put(payload, id, 2);
  put(payload, value, 4);
  frame(kSettings, 0, 0, payload);
}

void Client::acknowledge_settings() {
  update_table_ = true;
  frame(kSettings, kAck, 0, {});
}

std::uint32_t Client::request(const Request& request, bool end_stream, std::size_t frame_bytes, bool ended) {
  Buffer block;
  block.reserve(200 + 2 * request.metadata_bytes);
  // RFC 7541 4.2: the smaller table is acknowledged at the start of the next block.
  if (std::exchange(update_table_, false)) put_integer(block, table_bytes_, 5, 0x20);
  put_field(block, ":method", request.method, false);
  block.push_back(0x86);  // :scheme http
  put_field(block, ":path", request.path, request.indexed);
  if (request.te) put_field(block, "te", "trailers", false);
  put_field(block, "content-type", request.content_type, request.indexed);
  if (!request.timeout.empty()) put_field(block, "grpc-timeout", request.timeout, false);
  if (!request.encoding.empty()) put_field(block, "grpc-encoding", request.encoding, false);
  if (!request.accepted.empty()) put_field(block, "grpc-accept-encoding", request.accepted, request.indexed);
  const std::string value(request.metadata_bytes / request.fields, 'v');
  for (std::size_t i = 0; request.metadata_bytes != 0 && i < request.fields; ++i)
    put_field(block, request.name, value, request.indexed);

  const std::uint32_t id = next_stream_;
  next_stream_ += 2;
  calls_[id].ended_by_us = end_stream;
  Bytes rest = block;
  std::uint8_t type = kHeaders;
  do {
    const Bytes piece = rest.first(std::min(rest.size(), frame_bytes));
    rest = rest.subspan(piece.size());
    std::uint8_t flags = type == kHeaders && end_stream ? kEndStream : 0;
    if (ended && rest.empty()) flags |= kEndHeaders;
    frame(type, flags, id, piece);
    type = kContinuation;
    open_block_ = rest.empty() && ended ? 0 : id;
  } while (!rest.empty());
  return id;
}

void Client::end_block(Bytes rest) {
  if (open_block_ == 0) go_wrong();
  frame(kContinuation, kEndHeaders, open_block_ == 0 ? 1 : open_block_, rest);
  open_block_ = 0;
}

void Client::data(std::uint32_t stream, Bytes bytes, std::size_t frame_bytes, std::uint8_t padding, bool end_stream) {
  if (!calls_.contains(stream) || calls_[stream].ended_by_us) go_wrong();
  calls_[stream].ended_by_us |= end_stream;
  do {
    const Bytes piece = bytes.first(std::min(bytes.size(), frame_bytes));
    bytes = bytes.subspan(piece.size());
    Buffer payload;
    if (padding != 0) payload.push_back(padding);
    payload.insert(payload.end(), piece.begin(), piece.end());
    payload.resize(payload.size() + padding);
    const std::uint8_t end = bytes.empty() && end_stream ? kEndStream : 0;
    frame(kData, static_cast<std::uint8_t>(end | (padding != 0 ? kPadded : 0)), stream, payload);
  } while (!bytes.empty());
}

void Client::reset(std::uint32_t stream) {
  if (!calls_.contains(stream)) go_wrong();
  calls_.erase(stream);
  number_frame(kRstStream, stream, 8);
}

void Client::grant(std::uint32_t stream, std::uint32_t bytes) {
  if (stream >= next_stream_) go_wrong();
  windows_[stream].granted += bytes;
  number_frame(kWindowUpdate, stream, bytes);
}

void Client::hold(bool on) {
  holding_ = on;
  if (!on) socket().arrived = socket().to_engine.size();
}

void Client::deliver(std::size_t bytes) {
  Socket& to = socket();
  to.arrived += std::min(bytes, to.to_engine.size() - to.arrived);
}

void Client::close() {
  hold(false);
  socket().client_closed = true;
}

void Client::abort() {
  socket().broken = true;
}

void Client::listen() {
  Buffer& from = socket().to_client;
  if (from.empty()) return;
  if (from.size() >= 5 && as_text({from.data(), 5}) == "HTTP/") http1_ = true;
  if (http1_) return;
  std::span<const std::uint8_t> rest = from;
  const std::vector<test::RawFrame> frames = test::take_frames(rest);
  const std::size_t whole = from.size() - rest.size();
  judge_.take(std::span(from).first(whole));
  for (const test::RawFrame& frame : frames)
    received(frame);
  from.erase(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(whole));
}

void Client::received(const test::RawFrame& frame) {
  trace(number_, '<', frame);
  if (frame.type == kGoAway) {
    goaway_last_ = number(frame.payload.first(4));
    goaway_error_ |= number(frame.payload.subspan(4, 4)) != 0;
  }
  if (frame.type == kRstStream || ((frame.type == kData || frame.type == kHeaders) && (frame.flags & kEndStream))) {
    calls_[frame.stream].ended = true;
  }
  if (frame.type == kData) check_window(frame.stream, frame.payload.size());
}

// Regardless of what the engine has read so far, it must not send more than we have allowed.
void Client::check_window(std::uint32_t stream, std::size_t bytes) {
  if (wrong_) return;
  Window& whole = windows_[0];
  Window& one = windows_[stream];
  whole.sent += static_cast<std::int64_t>(bytes);
  one.sent += static_cast<std::int64_t>(bytes);
  check(whole.sent <= whole.granted);
  check(one.sent <= one.granted + initial_window_);
}

std::uint32_t Client::stream(std::uint8_t choice) const {
  std::size_t open = 0;
  for (const auto& [id, call] : calls_)
    open += call.ended_by_us ? 0 : 1;
  if (open == 0) return calls_.empty() ? 1 : calls_.rbegin()->first;
  open = choice % open;
  for (const auto& [id, call] : calls_) {
    if (!call.ended_by_us && open-- == 0) return id;
  }
  return 1;
}

void Client::settle() {
  hold(false);
  socket().piece = SIZE_MAX;
  socket().room = SIZE_MAX;
  if (open_block_ != 0) go_wrong();
  if (wrong_ || over()) return;
  std::vector<std::uint32_t> endless;
  for (const auto& [id, call] : calls_) {
    if (!call.ended && (call.endless || !call.ended_by_us)) endless.push_back(id);
  }
  for (const std::uint32_t id : endless)
    reset(id);
  if (windows_[0].granted < windows_[0].sent + kPlenty) grant(0, kPlenty);
  for (const auto& [id, call] : calls_) {
    if (!call.ended && windows_[id].granted < kPlenty) grant(id, kPlenty);
  }
}

void Client::check_answered() {
  const bool accepted = socket().pollable != nullptr;
  if (!accepted || wrong_ || http1_ || goaway_error_ || over() || socket().client_closed || socket().broken) return;
  for (const auto& [id, call] : calls_)
    check(call.ended || call.endless || !call.ended_by_us || id > goaway_last_);
}

}  // namespace mote::fuzz
