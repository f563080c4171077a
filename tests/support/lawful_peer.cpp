#include "support/lawful_peer.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "grpc_http2/message_framing.h"

namespace mote::test {

namespace {

using namespace std::chrono_literals;
using http2::ErrorCode;

constexpr std::uint32_t kWindowBytes = 65535;
constexpr std::size_t kMostWaiting = 10;

std::uint32_t number(std::span<const std::uint8_t> bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes)
    value = value << 8U | byte;
  return value;
}

void put_varint(std::string& to, std::size_t value) {
  for (; value > 0x7f; value >>= 7U)
    to.push_back(static_cast<char>(value | 0x80U));
  to.push_back(static_cast<char>(value));
}

// An echo.EchoRequest with its gRPC prefix.
std::string request_message(std::size_t text_bytes, std::uint32_t count, bool compressed) {
  std::string message;
  if (text_bytes != 0) {
    message.push_back(0x0a);
    put_varint(message, text_bytes);
    message.append(text_bytes, 'x');
  }
  if (count != 0) {
    message.push_back(0x10);
    put_varint(message, count);
  }
  std::string framed(1, compressed ? '\1' : '\0');
  for (unsigned shift = 24; shift != 0; shift -= 8)
    framed.push_back(static_cast<char>(message.size() >> shift));
  framed.push_back(static_cast<char>(message.size()));
  return framed + message;
}

}  // namespace

LawfulPeer::LawfulPeer(const Habits& habits, Pick pick) : habits_(habits), pick_(std::move(pick)) {
  script_.preface().settings();
  if (!habits_.priorities) return;
  for (std::uint32_t id = 3; id <= 11; id += 2)
    script().priority(id);
}

FrameScript& LawfulPeer::script() {
  ++frames_;
  return script_;
}

Octets LawfulPeer::output() {
  return std::exchange(script_, {}).bytes();
}

// --- The application ---

void LawfulPeer::act(Time now) {
  now_ = now;
  for (auto call = calls_.begin(); call != calls_.end();) {
    const auto next = std::next(call);
    if (call->second.deadline <= now) cancel(call);
    call = next;
  }
  change_mood();
  const std::size_t action = pick_(150);
  if (action == 150) {
    for (std::size_t calls = pick_(100); calls != 0; --calls)
      open(now);
    return;
  }
  act(now, action % 15);
}

void LawfulPeer::change_mood() {
  constexpr std::size_t kActs = 2000;
  if (acts_++ % kActs == kActs - 1) mood_ = static_cast<Mood>(pick_(2));
}

void LawfulPeer::act(Time now, std::size_t action) {
  if (action <= 4) return open(now);
  if (action == 5) return cancel_at_once(now);
  if (calls_.empty() || (mood_ == Mood::CancelledCalls && action > 7)) return;
  const auto call = any_call();
  if (action <= 7 && worth_cancelling(call->second, now)) return cancel(call);
  if (action <= 12) {
    feed(call->second, 0);
  } else {
    call->second.ending = true;
  }
  flush(call->first, call->second);
}

void LawfulPeer::wind_up(Time now) {
  now_ = now;
  for (auto call = calls_.begin(); call != calls_.end();) {
    const auto next = std::next(call);
    call->second.ending = true;
    if (worth_cancelling(call->second, now)) {
      cancel(call);
    } else {
      flush(call->first, call->second);
    }
    call = next;
  }
}

LawfulPeer::Calls::iterator LawfulPeer::any_call() {
  return std::next(calls_.begin(), static_cast<std::ptrdiff_t>(pick_(calls_.size() - 1)));
}

void LawfulPeer::open(Time now) {
  if (calls_.size() >= max_calls_ || now < opens_at_) return;
  struct Kind {
    std::string_view path;
    bool streaming;
    bool compressed;
  };
  static constexpr std::array kKinds = {
      Kind{"/echo.Echo/Reply", false, false},  Kind{"/echo.Echo/ReplyStream", false, false},
      Kind{"/echo.Echo/Collect", true, false}, Kind{"/echo.Echo/Chat", true, false},
      Kind{"/echo.Echo/Nothing", true, false}, Kind{"/echo.Echo/Nothing", false, false},
      Kind{"/echo.Echo/Chat", true, true},     Kind{"/grpc.health.v1.Health/Watch", false, false},
  };
  static constexpr std::array<std::string_view, 6> kTimeouts = {"", "", "", "20m", "50m", "200m"};
  static constexpr std::array<Time, 6> kTimes = {1h, 1h, 1h, 20ms, 50ms, 200ms};
  static constexpr std::array<std::uint32_t, 8> kReplies = {0, 1, 2, 3, 10, 50, 300, 3000};

  constexpr std::size_t kChat = 3;
  constexpr std::size_t kRefused = 4;
  constexpr std::size_t kFirstTimeout = 3;
  std::size_t chosen = pick_(kKinds.size() - 1);
  std::size_t timeout = pick_(kTimeouts.size() - 1);
  if (mood_ == Mood::RefusedCalls) chosen = kRefused;
  if (mood_ == Mood::CancelledCalls) {
    chosen = kChat;
    timeout = std::max(timeout, kFirstTimeout);
  }
  const Kind& kind = kKinds[chosen];
  Block block;
  block.indexed(3).indexed(6).literal(":path", kind.path).literal("te", "trailers");
  block.literal("content-type", "application/grpc");
  if (!kTimeouts[timeout].empty()) block.literal("grpc-timeout", kTimeouts[timeout]);
  if (kind.compressed) block.literal("grpc-encoding", "gzip");

  const std::uint32_t id = next_id_;
  next_id_ += 2;
  script().headers(id, block);
  if (habits_.update_with_request) script().window_update(id, 5);
  Call& call = calls_[id];
  call = {.opened = now, .deadline = now + kTimes[timeout], .send_window = initial_send_window_, .waiting = {}};
  call.streaming = kind.streaming;
  if (kind.compressed) {
    put(call, request_message(3, 0, true));
  } else if (mood_ == Mood::RefusedCalls) {
    for (std::size_t messages = pick_(8); messages != 0; --messages)
      put(call, request_message(0, 0, false));
  } else if (!kind.streaming || (mood_ == Mood::Anything && pick_(1) == 0)) {
    feed(call, kind.path.ends_with("Stream") ? kReplies[pick_(kReplies.size() - 1)] : 0);
  }
  call.ending = !kind.streaming;
  flush(id, call);
  if (habits_.update_with_request) script().window_update(0, 5);
}

// Adds a message to the request.
void LawfulPeer::feed(Call& call, std::uint32_t replies) {
  static constexpr std::array<std::size_t, 8> kSizes = {0, 0, 0, 1, 5, 40, 300, 4000};
  if (call.ending || call.waiting.size() > kMostWaiting) return;
  put(call, request_message(kSizes[pick_(kSizes.size() - 1)], replies, false));
}

void LawfulPeer::put(Call& call, const std::string& message) const {
  const std::size_t first = habits_.prefix_alone ? grpc_http2::kMessagePrefixBytes : message.size();
  call.waiting.push_back(message.substr(0, first));
  if (first != message.size()) call.waiting.push_back(message.substr(first));
}

void LawfulPeer::flush(std::uint32_t id, Call& call) {
  if (call.ended) return;
  while (!call.waiting.empty()) {
    const std::int64_t window = std::min({send_window_, call.send_window, std::int64_t{16384}});
    if (window <= 0) return;
    std::string& next = call.waiting.front();
    const std::size_t size = std::min(next.size(), static_cast<std::size_t>(window));
    const bool last = call.waiting.size() == 1 && size == next.size();
    call.ended = call.ending && last && !habits_.empty_end;
    script().data(id, std::string_view(next).substr(0, size), call.ended ? http2::kEndStream : std::uint8_t{0});
    next.erase(0, size);
    if (next.empty()) call.waiting.pop_front();
    send_window_ -= static_cast<std::int64_t>(size);
    call.send_window -= static_cast<std::int64_t>(size);
  }
  if (!call.ending || call.ended) return;
  call.ended = true;
  script().data(id, "", http2::kEndStream);
}

void LawfulPeer::flush_all() {
  for (auto& [id, call] : calls_)
    flush(id, call);
}

bool LawfulPeer::worth_cancelling(const Call& call, Time now) const {
  return call.replied || now - call.opened >= 100ms;
}

void LawfulPeer::cancel(Calls::iterator call) {
  script().rst_stream(call->first, ErrorCode::Cancel);
  calls_.erase(call);
}

// Cancels at most ten calls a second in this way, which every server allows.
void LawfulPeer::cancel_at_once(Time now) {
  if (now < cancels_at_ || next_id_ == 1) return;
  cancels_at_ = now + 100ms;
  if (habits_.resets_idle_streams && pick_(1) == 0) {
    script().rst_stream(next_id_ + 2 * static_cast<std::uint32_t>(pick_(3)), ErrorCode::Cancel);
    return;
  }
  open(now);
  if (!calls_.empty()) cancel(std::prev(calls_.end()));
}

// --- The connection ---

void LawfulPeer::receive(std::span<const std::uint8_t> bytes) {
  unread_.insert(unread_.end(), bytes.begin(), bytes.end());
  std::span<const std::uint8_t> rest = unread_;
  for (const RawFrame& frame : take_frames(rest))
    take(frame);
  unread_.erase(unread_.begin(), unread_.end() - static_cast<std::ptrdiff_t>(rest.size()));
}

void LawfulPeer::take(const RawFrame& frame) {
  switch (static_cast<http2::FrameType>(frame.type)) {
    case http2::FrameType::Data:
      return take_data(frame);
    case http2::FrameType::Headers:
      if (habits_.ping == Habits::Ping::EachFrame) answer_with_ping();
      if ((frame.flags & http2::kEndStream) != 0) end_by_server(frame.stream);
      return;
    case http2::FrameType::RstStream:
      if (number(frame.payload) == static_cast<std::uint32_t>(ErrorCode::RefusedStream)) opens_at_ = now_ + 200ms;
      calls_.erase(frame.stream);
      return;
    case http2::FrameType::Settings:
      return take_settings(frame);
    case http2::FrameType::Ping:
      if ((frame.flags & http2::kAck) != 0) {
        ping_in_flight_ = false;
        return grow_window();
      }
      script().ping(std::uint64_t{number(frame.payload.first(4))} << 32U | number(frame.payload.last(4)), http2::kAck);
      return;
    case http2::FrameType::GoAway:
      goaway_ = text_of(frame);
      return;
    case http2::FrameType::WindowUpdate:
      return take_window_update(frame);
    default:
      return;
  }
}

void LawfulPeer::take_data(const RawFrame& frame) {
  const auto size = static_cast<std::uint32_t>(frame.payload.size());
  received_ += size;
  if (grants(received_)) update(0, received_);
  if (habits_.ping != Habits::Ping::Never) answer_with_ping();
  const auto call = calls_.find(frame.stream);
  if (call == calls_.end()) return;
  call->second.replied = true;
  call->second.received += size;
  if (grants(call->second.received)) update(frame.stream, call->second.received);
  if ((frame.flags & http2::kEndStream) != 0) end_by_server(frame.stream);
}

bool LawfulPeer::grants(std::uint32_t received) const {
  return received != 0 && (habits_.grants_per_window == 0 || received >= kWindowBytes / habits_.grants_per_window);
}

void LawfulPeer::update(std::uint32_t id, std::uint32_t& received) {
  if (received != 0) script().window_update(id, std::exchange(received, 0));
}

void LawfulPeer::answer_with_ping() {
  if (habits_.ping == Habits::Ping::OneAtATime && ping_in_flight_) return;
  ping_in_flight_ = true;
  if (habits_.update_before_ping) update(0, received_);
  script().ping(0x020410100e090707);
}

// The estimate of the bandwidth doubles until it reaches 16 MiB.
void LawfulPeer::grow_window() {
  constexpr std::uint32_t kMostGrowths = 8;
  if (!habits_.grows_window || growths_ == kMostGrowths || pick_(200) != 0) return;
  ++growths_;
  script().settings({{4, kWindowBytes << growths_}});
}

void LawfulPeer::take_settings(const RawFrame& frame) {
  if ((frame.flags & http2::kAck) != 0) return;
  for (std::span<const std::uint8_t> rest = frame.payload; rest.size() >= 6; rest = rest.subspan(6)) {
    const std::uint32_t value = number(rest.subspan(2, 4));
    if (rest[1] == 3) max_calls_ = value;
    if (rest[1] != 4) continue;
    for (auto& [id, call] : calls_)
      call.send_window += std::int64_t{value} - initial_send_window_;
    initial_send_window_ = value;
  }
  script().settings_ack();
  flush_all();
}

void LawfulPeer::take_window_update(const RawFrame& frame) {
  const std::uint32_t increment = number(frame.payload);
  if (frame.stream == 0) {
    send_window_ += increment;
    return flush_all();
  }
  const auto call = calls_.find(frame.stream);
  if (call == calls_.end()) return;
  call->second.send_window += increment;
  flush(call->first, call->second);
}

void LawfulPeer::end_by_server(std::uint32_t id) {
  const auto call = calls_.find(id);
  if (call == calls_.end()) return;
  if (!call->second.ended && habits_.resets_after_end) script().rst_stream(id, ErrorCode::NoError);
  calls_.erase(call);
}

}  // namespace mote::test
