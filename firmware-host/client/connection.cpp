// The client's connection: made, kept alive, lost.
#include <algorithm>
#include <cstring>

#include "device/client.h"

namespace mote::device {

namespace {

// Frames without progress (RFC 9113 10.5) that a server may send ahead of what it earns by calls, messages and time.
constexpr std::uint32_t kIdleFrames = 200;
constexpr std::uint32_t kIdleFramePeriodShift = 6;  // one for each 64 ms of silence

constexpr std::uint32_t value_or(std::uint32_t value, std::uint32_t otherwise) {
  return value != 0 ? value : otherwise;
}

MutableBytes span_of(const mote_span& memory) {
  return {memory.data, memory.size};
}

constexpr std::uint32_t kBackoffFirstMs = 1000;
constexpr std::uint32_t kBackoffMostMs = 120'000;
constexpr std::uint32_t kConnectTimeoutMs = 5000;
constexpr std::uint32_t kKeepaliveTimeoutMs = 5000;
constexpr std::uint32_t kHeaderBytes = 4096;

}  // namespace

Client::Client(const mote_port& port, const mote_options& options, const mote_memory& memory)
    : port_(port),
      options_(options),
      memory_(memory),
      limits_{.stream_window_bytes = static_cast<std::uint32_t>(memory.messages.size),
              .header_bytes = value_or(options.header_bytes, kHeaderBytes),
              .header_table_bytes = 0,
              .idle_frame_budget = kIdleFrames},
      out_(span_of(memory.output)),
      messages_(span_of(memory.messages)),
      response_(span_of(memory.text)),
      backoff_(value_or(options.backoff_first_ms, kBackoffFirstMs), value_or(options.backoff_most_ms, kBackoffMostMs),
               options.seed) {
}

std::uint32_t Client::earlier(std::uint32_t one_ms, std::uint32_t other_ms) {
  return mote_left_ms(one_ms, other_ms) < 0 ? other_ms : one_ms;
}

std::uint32_t Client::retry_in_ms() const {
  if (!paused_) return 0;
  return static_cast<std::uint32_t>(std::max<std::int32_t>(mote_left_ms(now(), retry_ms_), 0));
}

// --- Made and lost ---

bool Client::make_connection(std::uint32_t deadline_ms) {
  if (retry_in_ms() != 0) return false;
  const std::uint32_t patience_ms = value_or(options_.connect_timeout_ms, kConnectTimeoutMs);
  if (!port_.connect(port_.context, earlier(deadline_ms, now() + patience_ms))) {
    lose(true);
    return false;
  }
  wire::ConnectionEvents& events = *this;
  connection_.emplace(limits_, events, MutableBytes());
  heard_ms_ = now();
  connection_->start(out_);
  return true;
}

// What the server has said meanwhile may be that it goes away.
bool Client::usable_connection(std::uint32_t deadline_ms) {
  write_by_ms_ = deadline_ms;
  if (connected()) turn(now());
  if (connected() && draining_) say_goodbye();
  return connected() || make_connection(deadline_ms);
}

bool Client::connect() {
  const std::uint32_t deadline_ms = now() + value_or(options_.connect_timeout_ms, kConnectTimeoutMs);
  if (!usable_connection(deadline_ms)) return false;
  while (connected() && !connection_->established() && !passed(deadline_ms))
    turn(deadline_ms);
  if (connected() && !connection_->established()) lose(true);
  return connected() && flush();
}

bool Client::poll(std::uint32_t wait_ms) {
  const std::uint32_t until_ms = now() + wait_ms;
  if (!over()) {
    wait(earlier(until_ms, deadline_ms_));
  } else if (connected()) {
    write_by_ms_ = now() + value_or(options_.keepalive_timeout_ms, kKeepaliveTimeoutMs);
    turn(until_ms);
  }
  if (connected()) flush();
  return connected();
}

void Client::close() {
  if (!over()) end(StatusCode::Cancelled, "closed");
  write_by_ms_ = now() + value_or(options_.keepalive_timeout_ms, kKeepaliveTimeoutMs);
  if (connected()) say_goodbye();
}

void Client::say_goodbye() {
  connection_->goaway(wire::ErrorCode::NoError, "", out_);
  if (flush()) lose(false);
}

// A server that was reached before is tried again at once.
void Client::lose(bool pause) {
  port_.disconnect(port_.context);
  if (connected() && connection_->established()) backoff_.reset();
  connection_.reset();
  stream_.id = 0;
  out_.rewind(0);
  pending_ = 0;
  unread_ = 0;
  ping_waits_ = draining_ = doubtful_ = false;
  paused_ = pause;
  if (pause) retry_ms_ = now() + backoff_.next_ms();
  if (over()) return;
  if (passed(deadline_ms_)) return finish(StatusCode::DeadlineExceeded, "deadline exceeded");
  finish(StatusCode::Unavailable, "connection lost");
}

// --- Bytes ---

bool Client::flush() {
  if (out_.size() == 0) return true;
  const Bytes bytes = out_.written();
  if (port_.write(port_.context, bytes.data(), bytes.size(), write_by_ms_)) {
    out_.rewind(0);
    return true;
  }
  lose(!connection_->established());
  return false;
}

// Sends what is to be sent and takes in what comes until then, or the first of it.
void Client::turn(std::uint32_t until_ms) {
  if (!flush()) return;
  const MutableBytes room = span_of(memory_.input).subspan(unread_);
  const int got = port_.read(port_.context, room.data(), room.size(), wake_ms(until_ms));
  if (got < 0) return lose(!connection_->established());
  if (got > 0) return hear(static_cast<std::size_t>(got));
  keep_alive();
}

void Client::hear(std::size_t size) {
  const std::uint32_t now_ms = now();
  connection_->earn_idle_frames((now_ms - heard_ms_) >> kIdleFramePeriodShift);
  heard_ms_ = now_ms;
  heard_ = true;
  doubtful_ = ping_waits_ = false;

  const MutableBytes input = span_of(memory_.input);
  Bytes bytes = Bytes(input).first(unread_ + size);
  for (;;) {
    bytes = bytes.subspan(connection_->receive(bytes, span_of(memory_.scratch), out_));
    if (connection_->failed()) {
      if (flush()) lose(true);
      return;
    }
    if (out_.room() >= wire::kControlReserveBytes) break;
    if (!flush()) return;
  }
  std::memmove(input.data(), bytes.data(), bytes.size());
  unread_ = static_cast<std::uint8_t>(bytes.size());
}

// Silence asks for a PING, silence behind a PING is the end.
void Client::keep_alive() {
  const std::uint32_t now_ms = now();
  if (ping_waits_) {
    const std::uint32_t patience_ms = value_or(options_.keepalive_timeout_ms, kKeepaliveTimeoutMs);
    if (now_ms - pinged_ms_ >= patience_ms) lose(false);
    return;
  }
  const bool silent = options_.keepalive_ms != 0 && now_ms - heard_ms_ >= options_.keepalive_ms;
  if (!silent && !doubtful_) return;
  connection_->ping(0, out_);
  ping_waits_ = true;
  pinged_ms_ = now_ms;
}

// When keep_alive() is next to be asked, or `until_ms` where that is earlier.
std::uint32_t Client::wake_ms(std::uint32_t until_ms) const {
  if (ping_waits_) {
    return earlier(until_ms, pinged_ms_ + value_or(options_.keepalive_timeout_ms, kKeepaliveTimeoutMs));
  }
  return options_.keepalive_ms == 0 ? until_ms : earlier(until_ms, heard_ms_ + options_.keepalive_ms);
}

void Client::on_goaway(wire::StreamId last, wire::ErrorCode, std::string_view) {
  draining_ = true;
  if (stream_.id == 0 || stream_.id <= last) return;
  connection_->drop(stream_);
  stream_.id = 0;
  finish(StatusCode::Unavailable, "the server is going away");
}

// `reason` is constant text, with a NUL behind it.
void Client::on_connection_error(wire::ErrorCode, std::string_view reason) {
  if (!over()) finish(StatusCode::Internal, reason.empty() ? "the server broke HTTP/2" : reason.data());
}

}  // namespace mote::device
