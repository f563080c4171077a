// One call of the client, from its request to its status.
#include <algorithm>
#include <array>
#include <cstring>

#include "device/client.h"
#include "device/request.h"
#include "wire/grpc_message.h"

namespace mote::device {

namespace {

constexpr std::uint32_t kCallTimeoutMs = 10'000;
constexpr std::uint32_t kIdleFramesForMessage = 4;
constexpr std::uint32_t kIdleFramesForCall = 16;

}  // namespace

bool Client::start(const mote_call& call) {
  if (!over()) cancel();
  std::uint32_t timeout_ms = call.timeout_ms;
  if (timeout_ms == 0) timeout_ms = options_.call_timeout_ms;
  if (timeout_ms == 0) timeout_ms = kCallTimeoutMs;
  deadline_ms_ = now() + timeout_ms;
  messages_.clear();
  response_.begin();
  given_ = heard_ = false;
  message_left_ = 0;
  pending_ = 0;
  status_ = StatusCode::Ok;
  text_ = "";

  if (!usable_connection(deadline_ms_)) {
    finish(passed(deadline_ms_) ? StatusCode::DeadlineExceeded : StatusCode::Unavailable, "no connection");
    return false;
  }
  state_ = State::Open;
  on_metadata_ = call.on_metadata;
  metadata_context_ = call.context;
  return open_stream_now() && send_request(call, timeout_ms);
}

// A server may allow no stream for a while.
bool Client::open_stream_now() {
  while (!over() && !connection_->open(stream_))
    wait(deadline_ms_);
  return !over();
}

// The block is put together where messages will be.
bool Client::send_request(const mote_call& call, std::uint32_t timeout_ms) {
  wire::ByteWriter block(MutableBytes(memory_.messages.data, memory_.messages.size));
  const bool allowed = write_request(block, options_, call, timeout_ms);
  if (allowed && !block.overflowed()) {
    if (connection_->send_headers(stream_, block.written(), false, out_)) return true;
    if (!flush()) return false;
    if (connection_->send_headers(stream_, block.written(), false, out_)) return true;
  }
  connection_->drop(stream_);
  stream_.id = 0;
  finish(StatusCode::InvalidArgument, allowed ? "request headers too large" : "path or metadata not allowed");
  return false;
}

// --- Sending ---

bool Client::send(Bytes message, bool last) {
  return begin_message(static_cast<std::uint32_t>(message.size())) && put(message) && end_message(last);
}

bool Client::begin_message(std::uint32_t size) {
  std::array<std::uint8_t, wire::kMessagePrefixBytes> bytes{};
  wire::ByteWriter prefix(bytes);
  wire::write_message_prefix(prefix, size);
  message_left_ = bytes.size();
  if (!put(bytes)) return false;
  message_left_ = size;
  return true;
}

bool Client::put(Bytes piece) {
  if (over()) return false;
  if (stream_.local_closed || piece.size() > message_left_) {
    end(StatusCode::Internal, "more sent than announced");
    return false;
  }
  message_left_ -= static_cast<std::uint32_t>(piece.size());
  while (!piece.empty()) {
    const MutableBytes place = connection_->data_place(stream_, out_);
    if (place.size() == pending_) {
      commit(false);
      if (!make_place()) return false;
      continue;
    }
    const std::size_t size = std::min(piece.size(), place.size() - pending_);
    std::memcpy(place.subspan(pending_).data(), piece.data(), size);
    pending_ += size;
    piece = piece.subspan(size);
  }
  return true;
}

bool Client::end_message(bool last) {
  if (over()) return false;
  if (stream_.local_closed || message_left_ != 0) {
    end(StatusCode::Internal, "less sent than announced");
    return false;
  }
  commit(last);
  return flush() && !over();
}

bool Client::end_sending() {
  if (over()) return false;
  return stream_.local_closed || end_message(true);
}

// One DATA frame of what was put.
void Client::commit(bool last) {
  if (pending_ == 0 && !last) return;
  connection_->send_data(stream_, pending_, last, out_);
  pending_ = 0;
}

// Of the writer, or of the server's windows.
bool Client::make_place() {
  if (connection_->sendable_bytes(stream_) != 0) return flush();
  wait(deadline_ms_);
  return !over();
}

// --- Receiving ---

Received Client::receive(Bytes& message, std::uint32_t wait_ms) {
  message = {};
  drop_given();
  const std::uint32_t until_ms = wait_ms == MOTE_TO_DEADLINE ? deadline_ms_ : earlier(deadline_ms_, now() + wait_ms);
  for (bool waiting = true;; waiting = wait(until_ms)) {
    if (take_message(message)) return Received::Message;
    if (over()) return Received::Over;
    if (!waiting) return Received::Nothing;
    give_window();
  }
}

bool Client::take_message(Bytes& message) {
  switch (messages_.state()) {
    case MessageBuffer::State::Whole:
      given_ = true;
      message = messages_.message();
      if (connected()) connection_->earn_idle_frames(kIdleFramesForMessage);
      return true;
    case MessageBuffer::State::TooLarge:
      spoil(StatusCode::ResourceExhausted, "message too large");
      break;
    case MessageBuffer::State::Invalid:
      spoil(StatusCode::Internal, "compressed message");
      break;
    case MessageBuffer::State::Partial:
      if (over()) spoil(StatusCode::Internal, "message cut short");
      break;
    case MessageBuffer::State::Empty:
      break;
  }
  return false;
}

// A message makes no sense, whether the server has ended the call or not.
void Client::spoil(StatusCode status, const char* text) {
  messages_.clear();
  given_ = false;
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
  if (received ? messages_.holds_more() : status_ == StatusCode::Ok)
    spoil(StatusCode::Unimplemented, received ? "more than one reply" : "no reply");
  if (status_ != StatusCode::Ok) reply = {};
  return status_;
}

void Client::drop_given() {
  if (!given_) return;
  given_ = false;
  messages_.drop();
}

// The server may fill what is free and not on its way. In steps of half of all: a smaller window is never left as it is.
void Client::give_window() {
  const auto room =
      static_cast<std::int32_t>(messages_.free_bytes()) - static_cast<std::int32_t>(connection_->payload_left());
  const std::int32_t has = stream_.receive_window_bytes;
  if (has >= static_cast<std::int32_t>(memory_.messages.size / 2) || has >= room) return;
  connection_->grant(stream_, static_cast<std::uint32_t>(room - has), out_);
}

// Waits for anything of the server; false: `until_ms` has come. Ends the call at its deadline.
bool Client::wait(std::uint32_t until_ms) {
  turn(until_ms);
  if (!over() && passed(deadline_ms_)) {
    doubtful_ = !heard_;
    end(StatusCode::DeadlineExceeded, "deadline exceeded");
  }
  return !passed(until_ms);
}

// --- The end ---

StatusCode Client::cancel() {
  end(StatusCode::Cancelled, "cancelled");
  if (connected()) flush();
  return status_;
}

StatusCode Client::end(StatusCode status, const char* text) {
  if (over()) return status_;
  if (stream_.id != 0) connection_->reset(stream_, wire::ErrorCode::Cancel, out_);
  messages_.clear();
  given_ = false;
  finish(status, text);
  return status_;
}

void Client::finish(StatusCode status, const char* text) {
  stream_.id = 0;
  pending_ = 0;
  state_ = State::Over;
  status_ = status;
  text_ = text;
  if (connected()) connection_->earn_idle_frames(kIdleFramesForCall);
}

// --- What the server does ---

void Client::on_field(wire::Stream&, const wire::HeaderField& field) {
  if (!response_.take(field) || on_metadata_ == nullptr) return;
  on_metadata_(metadata_context_, {field.name.data(), field.name.size()}, {field.value.data(), field.value.size()},
               stream_.headers_received);
}

void Client::on_section_end(wire::Stream&, wire::SectionEnd section) {
  if (section.too_large && !response_.has_status()) {
    end(StatusCode::ResourceExhausted, "response headers too large");
  } else if (!section.end_stream && response_.foreign()) {
    end(response_.status(), "not a gRPC response");
  }
}

void Client::on_data(wire::Stream&, Bytes bytes) {
  if (!messages_.append(bytes)) end(StatusCode::ResourceExhausted, "more than the window allows");
}

void Client::on_half_close(wire::Stream& stream) {
  if (!stream.local_closed) connection_->reset(stream, wire::ErrorCode::NoError, out_);
  finish(response_.status(), response_.text());
}

void Client::on_reset(wire::Stream&, wire::ErrorCode code, bool by_peer) {
  if (!by_peer) return finish(StatusCode::Internal, "the server broke HTTP/2");
  // A server's deadline is as late as ours (PROTOCOL-HTTP2.md, "Errors").
  if (code == wire::ErrorCode::Cancel && passed(deadline_ms_))
    return finish(StatusCode::DeadlineExceeded, "deadline exceeded");
  finish(wire::status_of_reset(code), "reset by the server");
}

}  // namespace mote::device
