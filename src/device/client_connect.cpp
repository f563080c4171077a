// The connection of the client: connect, keepalive, disconnect.
#include <algorithm>
#include <new>

#include "device/client.h"

namespace mote::device {

namespace {

// The budget of frames without progress (RFC 9113 10.5) grows by one frame for each 64 ms without data from the server.
constexpr std::uint32_t kIdleFramePeriodShift = 6;

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
      messages_(span_of(memory.messages)),
      response_(span_of(memory.text)),
      backoff_(value_or(options.backoff_first_ms, kBackoffFirstMs), value_or(options.backoff_most_ms, kBackoffMostMs),
               options.seed),
      connection_(new_connection()) {
}

http2::ClientConnection Client::new_connection() const {
  return http2::ClientConnection({.stream_window_bytes = static_cast<std::uint32_t>(memory_.messages.size),
                                  .header_bytes = value_or(options_.header_bytes, kHeaderBytes)},
                                 span_of(memory_.output), span_of(memory_.scratch));
}

std::uint32_t Client::earlier(std::uint32_t one_ms, std::uint32_t other_ms) {
  return mote_left_ms(one_ms, other_ms) < 0 ? other_ms : one_ms;
}

std::uint32_t Client::retry_in_ms() const {
  if (!paused_) return 0;
  return static_cast<std::uint32_t>(std::max<std::int32_t>(mote_left_ms(now(), retry_ms_), 0));
}

// --- Connect and disconnect ---

bool Client::make_connection(std::uint32_t deadline_ms) {
  if (retry_in_ms() != 0) return false;
  const std::uint32_t timeout_ms = value_or(options_.connect_timeout_ms, kConnectTimeoutMs);
  new (&connection_) http2::ClientConnection(new_connection());
  connection_.out().advance(kept_bytes_);
  sent_bytes_ = kept_bytes_;
  connection_.start();
  if (!port_.connect(port_.context, earlier(deadline_ms, now() + timeout_ms))) {
    lose(false);
    return false;
  }
  connected_ = true;
  begin_silence();
  return true;
}

// Reads pending input first: it may contain a GOAWAY.
bool Client::usable_connection(std::uint32_t deadline_ms) {
  write_by_ms_ = deadline_ms;
  if (connected()) turn(now());
  if (connected() && connection_.draining()) close_connection();
  return connected() || make_connection(deadline_ms);
}

bool Client::connect() {
  const std::uint32_t deadline_ms = now() + value_or(options_.connect_timeout_ms, kConnectTimeoutMs);
  usable_connection(deadline_ms);
  while (connected() && !connection_.established() && !passed(deadline_ms))
    turn(deadline_ms);
  if (connected() && !connection_.established()) lose(false);
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
  return connected() && flush();
}

void Client::close() {
  if (!over()) end(StatusCode::Cancelled, "closed");
  write_by_ms_ = now() + value_or(options_.keepalive_timeout_ms, kKeepaliveTimeoutMs);
  if (connected()) close_connection();
}

void Client::close_connection() {
  connection_.send_goaway();
  if (flush()) lose(false);
}

// If the connection was established, the next call connects at once, unless `pause` is set.
void Client::lose(bool pause) {
  port_.disconnect(port_.context);
  paused_ = pause || !connection_.established();
  if (connection_.established()) backoff_.reset();
  if (paused_) retry_ms_ = now() + backoff_.next_ms();
  connected_ = ping_waits_ = doubtful_ = false;
  if (over()) return;
  if (passed(deadline_ms_)) return finish(StatusCode::DeadlineExceeded, "deadline exceeded");
  finish(StatusCode::Unavailable, "connection lost");
}

// --- Input and output ---

// Makes a frame of the pending bytes and sends all output.
bool Client::flush() {
  commit(false);
  ByteWriter& out = connection_.out();
  const Bytes bytes = out.written().subspan(sent_bytes_);
  if (!bytes.empty() && !port_.write(port_.context, bytes.data(), bytes.size(), write_by_ms_)) {
    lose(false);
    return false;
  }
  out.rewind(kept_bytes_);
  sent_bytes_ = kept_bytes_;
  return true;
}

// Sends all output. Then waits until `until_ms` for input and processes the first of it.
void Client::turn(std::uint32_t until_ms) {
  if (!flush()) return;
  const std::uint32_t limit_ms = max_silence_ms();
  if (limit_ms != 0) until_ms = earlier(until_ms, silent_ms_ + limit_ms);
  const int got = port_.read(port_.context, memory_.input.data, memory_.input.size, until_ms);
  if (got < 0) return lose(false);
  if (got > 0) return process_input(static_cast<std::size_t>(got));
  keep_alive(limit_ms);
}

void Client::process_input(std::size_t size) {
  begin_silence();
  received_ = true;
  doubtful_ = ping_waits_ = false;
  connection_.receive({memory_.input.data, size});
  while (on_event(connection_.next())) {
  }
}

// Sends a PING after too long a time without data, and closes the connection if the PING is not answered.
void Client::keep_alive(std::uint32_t most_ms) {
  const bool too_long = most_ms != 0 && now() - silent_ms_ >= most_ms;
  if (ping_waits_ && too_long) return lose(false);
  if (ping_waits_ || (!too_long && !doubtful_)) return;
  connection_.ping();
  ping_waits_ = true;
  begin_silence();
}

void Client::begin_silence() {
  const std::uint32_t now_ms = now();
  connection_.refund_idle_frames((now_ms - silent_ms_) >> kIdleFramePeriodShift);
  silent_ms_ = now_ms;
}

// The maximum time without data from the server; 0: no limit.
std::uint32_t Client::max_silence_ms() const {
  return ping_waits_ ? value_or(options_.keepalive_timeout_ms, kKeepaliveTimeoutMs) : options_.keepalive_ms;
}

}  // namespace mote::device
