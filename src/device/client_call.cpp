// One call of the client, from its request to its status.
#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "device/client.h"
#include "device/request.h"
#include "grpc_http2/message_framing.h"
#include "http2/field_characters.h"

namespace mote::device {

namespace {

constexpr std::uint32_t kCallTimeoutMs = 10'000;
constexpr std::uint32_t kIdleFramesForMessage = 4;
constexpr std::uint32_t kIdleFramesForCall = 16;

constexpr const char* kCancelled = "cancelled";
constexpr const char* kPassed = "deadline exceeded";
constexpr const char* kGoingAway = "the server is going away";
constexpr const char* kBroken = "the server broke HTTP/2";
constexpr const char* kReset = "reset by the server";
constexpr const char* kHeadersTooLarge = "headers too large";

}  // namespace

bool Client::start(const mote_call& call) {
  end(StatusCode::Cancelled, kCancelled);
  std::uint32_t timeout_ms = call.timeout_ms;
  if (timeout_ms == 0) timeout_ms = options_.call_timeout_ms;
  if (timeout_ms == 0) timeout_ms = kCallTimeoutMs;
  deadline_ms_ = now() + timeout_ms;
  on_metadata_ = call.on_metadata;
  metadata_context_ = call.context;
  retried_ = false;
  return begin(&call) || (may_restart() && restart(call));
}

bool Client::restart(const mote_call& call) {
  retried_ = true;
  return begin(&call);
}

// If `call` is null, repeats the call whose header block was kept.
bool Client::begin(const mote_call* call) {
  if (call != nullptr) kept_bytes_ = 0;
  messages_.clear();
  response_.begin();
  received_ = unprocessed_ = false;
  message_left_ = 0;
  status_ = StatusCode::Ok;
  text_ = "";

  if (!usable_connection(deadline_ms_)) {
    finish(passed(deadline_ms_) ? StatusCode::DeadlineExceeded : StatusCode::Unavailable, "no connection");
    return false;
  }
  state_ = State::Open;
  if (!wait_for_stream() || !flush()) return false;

  // The headers are written directly into the empty output buffer.
  bool allowed = true;
  if (call == nullptr) {
    connection_.begin_kept_request();
  } else {
    connection_.begin_request();
    const std::int32_t left_ms = std::max<std::int32_t>(mote_left_ms(now(), deadline_ms_), 0);
    allowed = write_request(connection_.out(), options_, *call, static_cast<std::uint32_t>(left_ms));
  }
  if (allowed && connection_.open()) {
    kept_bytes_ = static_cast<std::uint16_t>(connection_.out().size());
    sent_bytes_ = 0;
    return true;
  }
  connection_.out().rewind(0);
  finish(StatusCode::InvalidArgument, allowed ? kHeadersTooLarge : "path or metadata not allowed");
  return false;
}

// Waits until the server allows a stream (SETTINGS_MAX_CONCURRENT_STREAMS may be 0).
bool Client::wait_for_stream() {
  while (!over() && !connection_.may_open()) {
    wait_for_server(deadline_ms_);
    if (over() || !connection_.draining()) continue;
    finish(StatusCode::Unavailable, kGoingAway);
    unprocessed_ = true;
  }
  return !over();
}

// --- Sending ---

bool Client::send(Bytes message, bool last) {
  return begin_message(static_cast<std::uint32_t>(message.size())) && put(message) && end_message(last);
}

bool Client::begin_message(std::uint32_t size) {
  std::array<std::uint8_t, grpc_http2::kMessagePrefixBytes> bytes{};
  ByteWriter prefix(bytes);
  grpc_http2::write_message_prefix(prefix, size);
  message_left_ = bytes.size() + size;
  return put(bytes);
}

// Ends the call if the sent bytes do not match the announced size. False: the call has ended.
bool Client::may_send(bool as_announced) {
  if (!as_announced || connection_.local_closed()) end(StatusCode::Internal, "not the announced size");
  return !over();
}

bool Client::put(Bytes piece) {
  if (!may_send(piece.size() <= message_left_)) return false;
  message_left_ -= piece.size();
  while (!piece.empty()) {
    const MutableBytes place = connection_.data_place();
    const std::size_t size = std::min(piece.size(), place.size() - pending_);
    if (size != 0) {
      std::memcpy(place.subspan(pending_).data(), piece.data(), size);
      pending_ += size;
      piece = piece.subspan(size);
      continue;
    }
    // The writer is full, or a flow-control window of the server is exhausted. Release the kept request headers.
    kept_bytes_ = 0;
    if (flush() && connection_.sendable_bytes() == 0) wait(deadline_ms_);
    if (over()) return false;
  }
  return true;
}

bool Client::end_message(bool last) {
  if (!may_send(message_left_ == 0)) return false;
  commit(last);
  flush();
  return !over();
}

bool Client::end_sending() {
  if (over()) return false;
  return connection_.local_closed() || end_message(true);
}

// Makes one DATA frame of the pending bytes.
void Client::commit(bool last) {
  if (pending_ == 0 && !last) return;
  connection_.send_data(pending_, last);
  pending_ = 0;
  kept_bytes_ = 0;
}

// --- Receiving ---

Received Client::receive(Bytes& message, std::uint32_t wait_ms) {
  message = {};
  messages_.discard_taken();
  const std::uint32_t until_ms = wait_ms == MOTE_TO_DEADLINE ? deadline_ms_ : earlier(deadline_ms_, now() + wait_ms);
  for (bool waiting = true;; waiting = wait(until_ms)) {
    if (take_message(message)) return Received::Message;
    if (over()) return Received::Over;
    if (!waiting) return Received::Nothing;
    grant_window();
  }
}

bool Client::take_message(Bytes& message) {
  switch (messages_.state()) {
    case MessageBuffer::State::Whole:
      message = messages_.take();
      connection_.refund_idle_frames(kIdleFramesForMessage);
      return true;
    case MessageBuffer::State::TooLarge:
      fail(StatusCode::ResourceExhausted, "message too large");
      break;
    case MessageBuffer::State::Invalid:
      fail(StatusCode::Internal, "compressed message");
      break;
    case MessageBuffer::State::Partial:
      if (over()) fail(StatusCode::Internal, "message cut short");
      break;
    case MessageBuffer::State::Empty:
      break;
  }
  return false;
}

// A message is invalid. The server may have ended the call already.
void Client::fail(StatusCode status, const char* text) {
  messages_.clear();
  if (!over()) {
    end(status, text);
  } else if (status_ == StatusCode::Ok) {
    finish(status, text);
  }
}

StatusCode Client::receive_only(Bytes& reply) {
  const bool received = receive(reply) == Received::Message;
  while (received && !over() && !messages_.holds_more())
    wait(deadline_ms_);
  if (!received || messages_.holds_more()) fail(StatusCode::Unimplemented, "not exactly one reply");
  if (status_ != StatusCode::Ok) reply = {};
  return status_;
}

// Grants the server a window as large as the free space, once the window is smaller than half of the buffer.
void Client::grant_window() {
  if (connection_.allowed_bytes() < memory_.messages.size / 2)
    connection_.grant_up_to(static_cast<std::uint32_t>(messages_.free_bytes()));
}

// Waits for data from the server. At the deadline it ends the call, and closes a connection that is not established yet.
void Client::wait_for_server(std::uint32_t until_ms) {
  turn(until_ms);
  if (over() || !passed(deadline_ms_)) return;
  doubtful_ = !received_;
  if (!connection_.established()) lose(false);
  end(StatusCode::DeadlineExceeded, kPassed);
}

// The same, and repeats a call that the server did not process. False: `until_ms` has passed.
bool Client::wait(std::uint32_t until_ms) {
  wait_for_server(until_ms);
  if (may_restart() && kept_bytes_ != 0) {
    retried_ = true;
    begin(nullptr);
  }
  return !passed(until_ms);
}

// --- The end ---

StatusCode Client::cancel() {
  end(StatusCode::Cancelled, kCancelled);
  if (connected()) flush();
  return status_;
}

StatusCode Client::end(StatusCode status, const char* text) {
  if (over()) return status_;
  connection_.reset();
  messages_.clear();
  finish(status, text);
  return status_;
}

void Client::finish(StatusCode status, const char* text) {
  pending_ = 0;
  state_ = State::Over;
  status_ = status;
  text_ = text;
  connection_.refund_idle_frames(kIdleFramesForCall);
}

void Client::finish_unprocessed(StatusCode status, const char* text) {
  // A server that has sent response headers has processed the call.
  unprocessed_ = !connection_.headers_received();
  finish(status, text);
}

// --- Events of the connection ---

// False: all input is processed, or the connection is lost.
bool Client::on_event(http2::ClientConnection::Event event) {
  using Event = http2::ClientConnection::Event;
  switch (event) {
    case Event::None:
      return connection_.waits_for_room() && flush();
    case Event::Field:
      on_field();
      break;
    case Event::Headers:
      on_headers();
      break;
    case Event::Data:
      if (!messages_.append(connection_.data())) end(StatusCode::Internal, kBroken);
      break;
    case Event::MalformedField:
      response_.note_malformed(connection_.field().name);
      break;
    case Event::End:
    case Event::Malformed:
      on_end(event == Event::Malformed);
      break;
    case Event::Reset:
      on_reset();
      break;
    case Event::Unprocessed:
      finish_unprocessed(StatusCode::Unavailable, kGoingAway);
      break;
    case Event::Failed: {
      const std::string_view reason = http2::reason_of(connection_.fault());
      if (!over()) finish(StatusCode::Internal, reason.empty() ? kBroken : reason.data());
      if (flush()) lose(true);
      return false;
    }
  }
  return true;
}

// gRPC allows whitespace around the values of custom metadata (PROTOCOL-HTTP2.md, "Custom-Metadata").
void Client::on_field() {
  const hpack::HeaderField& field = connection_.field();
  if (!response_.take(field) || on_metadata_ == nullptr || connection_.too_large()) return;
  const std::string_view value = http2::trimmed(field.value);
  on_metadata_(metadata_context_, {field.name.data(), field.name.size()}, {value.data(), value.size()},
               connection_.headers_received());
}

void Client::on_headers() {
  if (response_.foreign(connection_.status())) {
    end(response_.status(connection_.status()), "not a gRPC response");
  } else if (connection_.too_large()) {
    end(StatusCode::ResourceExhausted, kHeadersTooLarge);
  }
}

// An error in the response determines the status, unless the server sent an error status.
void Client::on_end(bool malformed) {
  const std::uint16_t http_status = connection_.status();
  StatusCode status = response_.status(http_status);
  const char* text = response_.text(http_status);
  const bool no_status = status == StatusCode::Unknown && !response_.has_status();
  if (status == StatusCode::Ok || no_status) {
    if (malformed) {
      status = StatusCode::Internal;
      text = response_.malformed_text();
    } else if (connection_.too_large()) {
      status = StatusCode::ResourceExhausted;
      text = kHeadersTooLarge;
    }
  }
  finish(status, text);
}

void Client::on_reset() {
  // The server has the same deadline and resets the stream with CANCEL (PROTOCOL-HTTP2.md, "Errors").
  if (connection_.error() == http2::ErrorCode::Cancel && passed(deadline_ms_))
    return finish(StatusCode::DeadlineExceeded, kPassed);
  const StatusCode status = grpc_http2::status_of_reset(connection_.error());
  if (connection_.error() == http2::ErrorCode::RefusedStream) return finish_unprocessed(status, kReset);
  finish(status, kReset);
}

}  // namespace mote::device
