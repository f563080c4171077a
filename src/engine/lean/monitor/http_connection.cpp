#include "engine/lean/monitor/http_connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "bytes/constant_bytes.h"
#include "engine/clock.h"
#include "engine/fixed_text.h"
#include "engine/lean/connection_deadlines.h"
#include "engine/lean/monitor/numbers.h"
#include "engine/lean/peer.h"
#include "engine/lean/plain_texts.h"
#include "engine/socket_buffers.h"
#include "grpc_web/cors.h"
#include "grpc_web/trailers.h"
#include "http1/date.h"

namespace mote::lean {

namespace {

using engine::LimitId;

// Of a reply in one turn of the loop; the rest waits for the next one.
constexpr std::size_t kTurnBytes = 2 * HttpConnection::kReplyBytes;
// "0fff\r\n" before a chunk, "\r\n" after it, and the last chunk.
constexpr std::size_t kChunkHeadBytes = 6;
constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
// What is between them.
constexpr std::size_t kPieceBytes =
    HttpConnection::kReplyBytes - kChunkHeadBytes - kChunkEnd.size() - kLastChunk.size();

// The code and the reason phrase of each status, and the body of an error; each ends with a zero byte.
constexpr auto kStatuses = constant_bytes<[] {
  using std::string_view_literals::operator""sv;
  return ConstantBytes()
      .text("400 Bad Request\0the request is malformed\n\0"sv)
      .text("200 OK\0\0"sv)
      .text("204 No Content\0\0"sv)
      .text("403 Forbidden\0"sv)
      .text(kForeignOriginText)
      .text(
          "\0"
          "404 Not Found\0there are /, /metrics and /stats.json\n\0"
          "405 Method Not Allowed\0only GET and HEAD are allowed here\n\0"
          "408 Request Timeout\0the request did not end in time\n\0"
          "411 Length Required\0a call needs content-length\n\0"
          "413 Content Too Large\0only calls have content, and head and content fit into http-request-bytes\n\0"
          "421 Misdirected Request\0"sv)
      .text(kForeignHostText)
      .text(
          "\0"
          "431 Request Header Fields Too Large\0the head of the request exceeds http-request-bytes\n\0"
          "501 Not Implemented\0the transfer coding is unknown\n\0"
          "503 Service Unavailable\0all http-connections have a request\n\0"
          "505 HTTP Version Not Supported\0this listener speaks HTTP/1.1\n\0"sv);
}>();

struct Status {
  std::string_view line;
  std::string_view reason;
};

std::string_view take_text(std::string_view& texts) {
  const std::string_view taken = texts.substr(0, texts.find('\0'));
  texts.remove_prefix(taken.size() + 1);
  return taken;
}

// 400 if the code has no text.
Status status_of(std::uint16_t code) {
  const auto text = engine::FixedText<20>().add(std::uint64_t{code});
  std::string_view rest = as_text(kStatuses);
  const Status bad_request = {take_text(rest), take_text(rest)};
  while (!rest.empty()) {
    const Status status = {take_text(rest), take_text(rest)};
    if (status.line.starts_with(text.view())) return status;
  }
  return bad_request;
}

// The status line, the date and the fields that every answer has.
void write_start(ByteWriter& out, const Status& status, std::string_view type) {
  print(out, "HTTP/1.1 $\r\ndate: ", {status.line});
  http1::write_date(out, engine::wall_clock_us() / 1'000'000);
  print(out,
        "\r\ncontent-type: $\r\n"
        "cache-control: no-store\r\nx-content-type-options: nosniff\r\ncross-origin-resource-policy: same-origin\r\n"
        "referrer-policy: no-referrer\r\ncontent-security-policy: default-src 'none'; script-src 'unsafe-inline'; "
        "style-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'\r\n",
        {type});
}

void write_origin(ByteWriter& out, std::string_view origin) {
  const auto add = [&out](std::string_view name, std::string_view value) { grpc_web::write_line(out, name, value); };
  if (!origin.empty()) grpc_web::allow_reading(origin, add);
}

void write_allowed(ByteWriter& out, std::string_view requested_fields) {
  const auto add = [&out](std::string_view name, std::string_view value) { grpc_web::write_line(out, name, value); };
  grpc_web::allow_calls(requested_fields, add);
}

}  // namespace

Answer::Answer(std::uint16_t code) : status(code) {
}

void write_refusal(ByteWriter& out) {
  const Status status = status_of(503);
  print(out,
        "HTTP/1.1 $\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: 1\r\nconnection: close\r\n"
        "content-length: $\r\n\r\n$",
        {status.line, std::uint64_t{status.reason.size()}, status.reason});
}

bool HttpConnection::open(int descriptor) {
  socket_.emplace(descriptor);
  size_ = head_ = seen_ = 0;
  unsent_ = {};
  state_ = State::Reading;
  keep_alive_ = true;
  active_at_ = core_.now;
  if (!core_.poller.add(descriptor, EPOLLIN, *this)) {
    socket_.reset();
    return false;
  }
  watched_ = EPOLLIN;
  arm(core_.limits.http_timeout);  // The first request comes at once.
  return true;
}

void HttpConnection::close() {
  if (!used()) return;
  call_.reset();
  core_.timers.disarm(*this);
  engine::discard_unsent(socket_->descriptor());
  socket_.reset();
}

void HttpConnection::drain() {
  if (!used()) return;
  if (closing()) return arm(kLinger);
  if (rests()) return end_input();
  keep_alive_ = false;
  if (!call_) return;
  call_->go_on();
  if (unsent_.empty()) send();
}

bool HttpConnection::over() const {
  return !used() || (closing() && !engine::holds_unsent(socket_->descriptor()));
}

engine::AddressText HttpConnection::peer() const {
  return peer_text(socket_->descriptor());
}

// An event may be one of the socket that had this place before.
void HttpConnection::on_events(std::uint32_t events) {
  if (!used()) return;
  switch (state_) {
    case State::Reading:
      if ((events & EPOLLOUT) != 0) return take_request();
      return read();
    case State::Replying:
      // While a call has nothing to send, only the end of the connection is an event.
      if (call_ && (events & EPOLLRDHUP) != 0) return close();
      return send();
    case State::Closing:
      return discard();
  }
}

void HttpConnection::on_due() {
  if (closing()) {
    // While the gateway ends, drain-seconds bounds what a slow peer takes.
    if (core_.server.shutting_down && !over()) return arm(kLinger);
    return close();
  }
  if (rests()) {
    owner_.note_limit(LimitId::HttpIdleTimeout, {});
    return close();
  }
  if (call_ && (watched_ != EPOLLOUT || stall_due_ > core_.now)) {
    call_->go_on();
    return send();
  }
  owner_.note_limit(LimitId::HttpTimeout, peer().view());
  if (state_ == State::Replying) return close();
  keep_alive_ = false;
  refuse(408);
}

void HttpConnection::read() {
  const IoResult result = socket_->read(request_.subspan(size_));
  if (result.io == Io::Closed) return end_input();
  if (result.io == Io::WouldBlock) return;
  if (size_ == 0) arm(core_.limits.http_timeout);
  size_ += result.size;
  take_request();
}

// The next request of those in the buffer.
void HttpConnection::take_request() {
  const std::size_t empty = http1::empty_lines(as_text(request_.first(size_)));
  if (empty != 0) {
    size_ -= empty;
    std::memmove(request_.data(), request_.data() + empty, size_);
  }
  const std::string_view bytes = as_text(request_.first(size_));
  const std::size_t head = http1::head_size(bytes, seen_);
  if (head == 0) seen_ = size_;
  if (head == 0 && size_ < request_.size()) return watch(EPOLLIN);
  head_ = head;
  if (head == 0) {
    owner_.note_limit(LimitId::HttpRequestBytes, peer().view());
    keep_alive_ = false;
    return refuse(431);
  }
  http1::HttpRequest request;
  const std::uint16_t error = http1::parse_head(bytes.substr(0, head), request);
  // What follows a request with content, or a malformed one, is no request.
  const bool content = request.chunked || request.content_bytes != 0;
  const Answer answer = error == 0 ? owner_.answer(*this, request) : Answer(error);
  chunked_ = !request.http_1_0;
  if (answer.call && !request.chunked && request.content_bytes <= request_.size() - head) {
    head_ = head + static_cast<std::size_t>(request.content_bytes);
    if (size_ < head_) return watch(EPOLLIN);
    keep_alive_ = keep_alive_ && request.keep_alive && !core_.server.shutting_down;
    return begin_call(answer, request, head);
  }
  keep_alive_ = keep_alive_ && error == 0 && request.keep_alive && !content && !core_.server.shutting_down;
  if (answer.call && !request.chunked) owner_.note_limit(LimitId::HttpRequestBytes, peer().view());
  if (answer.status == 200 && content) return refuse(answer.call && request.chunked ? 411 : 413);
  begin(answer, request.verb == http1::Verb::Head);
}

void HttpConnection::begin_call(const Answer& answer, const http1::HttpRequest& request, std::size_t head) {
  owner_.count_answer(200);
  state_ = State::Replying;
  allow_origin_ = answer.allow_origin;
  call_head_written_ = false;
  stall_due_ = core_.now + core_.limits.http_timeout;
  if (!chunked_) keep_alive_ = false;
  call_.emplace(core_, static_cast<Timer&>(*this), answer.web);
  call_->start(answer.web, request_.subspan(head, static_cast<std::size_t>(request.content_bytes)));
  send();
}

void HttpConnection::refuse(std::uint16_t status) {
  begin(Answer(status), false);
}

void HttpConnection::begin(const Answer& answer, bool head_only) {
  owner_.count_answer(answer.status);
  state_ = State::Replying;
  document_ = answer.document;
  cursor_ = {};
  text_ = answer.status == 200 ? answer.text : status_of(answer.status).reason;
  chunked_ = chunked_ && document_ != nullptr;
  if (document_ != nullptr && !chunked_) keep_alive_ = false;  // The end of the connection is that of the reply.
  write_head(answer);
  if (head_only) {
    document_ = nullptr;
    text_ = {};
  }
  arm(core_.limits.http_timeout);
  send();
}

void HttpConnection::write_head(const Answer& answer) {
  ByteWriter out(reply_);
  write_start(out, status_of(answer.status), answer.type);
  if (answer.status == 405) add_text(out, "allow: GET, HEAD\r\n");
  if (answer.status == 204) write_allowed(out, answer.requested_fields);
  write_origin(out, answer.allow_origin);
  if (answer.gzip) add_text(out, "content-encoding: gzip\r\n");
  if (!keep_alive_) add_text(out, "connection: close\r\n");
  if (chunked_) {
    add_text(out, "transfer-encoding: chunked\r\n");
  } else if (document_ == nullptr && answer.status != 204) {
    print(out, "content-length: $\r\n", {std::uint64_t{text_.size()}});
  }
  add_text(out, "\r\n");
  unsent_ = out.written();
}

void HttpConnection::write_call_head(ByteWriter& out) {
  write_start(out, status_of(200), grpc_web::content_type(call_->format()));
  write_origin(out, allow_origin_);
  if (!keep_alive_) add_text(out, "connection: close\r\n");
  if (chunked_) add_text(out, "transfer-encoding: chunked\r\n");
  call_->write_initial(out);
  add_text(out, "\r\n");
  call_head_written_ = true;
}

void HttpConnection::send() {
  for (std::size_t sent = 0; sent < kTurnBytes;) {
    if (unsent_.empty() && !fill()) return call_ ? wait_for_call() : end_reply();
    const IoResult result = socket_->write(unsent_);
    if (result.io == Io::Closed) return close();
    if (result.io == Io::WouldBlock) break;
    unsent_ = unsent_.subspan(result.size);
    sent += result.size;
    stall_due_ = core_.now + core_.limits.http_timeout;
  }
  watch(EPOLLOUT);
  if (call_) core_.timers.arm(*this, std::min(stall_due_, call_->next_due()));
}

void HttpConnection::wait_for_call() {
  watch(EPOLLRDHUP);
  core_.timers.arm(*this, call_->next_due());
}

bool HttpConnection::fill() {
  ByteWriter out(reply_);
  if (call_) {
    fill_call(out);
  } else if (document_ != nullptr) {
    fill_document(out);
  } else {
    const std::size_t size = std::min(text_.size(), reply_.size());
    add_text(out, text_.substr(0, size));
    text_.remove_prefix(size);
  }
  unsent_ = out.written();
  return !unsent_.empty();
}

void HttpConnection::fill_document(ByteWriter& out) {
  ByteWriter text(reply_.subspan(kChunkHeadBytes, kPieceBytes));
  bool more = true;
  while (more && text.size() == 0)
    more = document_(owner_.view(), cursor_, text);
  end_piece(out, text.size(), !more);
  if (!more) document_ = nullptr;
}

void HttpConnection::fill_call(ByteWriter& out) {
  if (call_->held_back() && !call_->has_output()) call_->go_on();
  if (!call_->has_output()) return;
  if (!call_head_written_) return write_call_head(out);
  const std::size_t size = call_->take_output(reply_.subspan(kChunkHeadBytes, kPieceBytes));
  const bool over = call_->over();
  end_piece(out, size, over);
  if (!over) return;
  call_.reset();
  arm(core_.limits.http_timeout);  // Of the last piece, and then of the peer's close.
}

// The piece is in reply_ behind the place for a chunk's head.
void HttpConnection::end_piece(ByteWriter& out, std::size_t size, bool last) {
  if (!chunked_) {
    std::memmove(reply_.data(), reply_.data() + kChunkHeadBytes, size);
    return out.advance(size);
  }
  if (size != 0) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (const unsigned shift : {12U, 8U, 4U, 0U})
      add_text(out, kHex.substr(size >> shift & 0xfU, 1));
    add_text(out, "\r\n");
    out.advance(size);
    add_text(out, kChunkEnd);
  }
  if (last) add_text(out, kLastChunk);
}

void HttpConnection::end_reply() {
  active_at_ = core_.now;
  if (!keep_alive_) {
    state_ = State::Closing;
    socket_->shut_down();
    if (core_.server.shutting_down) arm(kLinger);
    return watch(EPOLLIN);  // Until the peer closes, or the time is over.
  }
  state_ = State::Reading;
  size_ -= head_;
  seen_ = 0;
  if (size_ == 0) {
    arm(core_.limits.http_idle_timeout);
    return watch(EPOLLIN);
  }
  // A pipelined request: its turn is the next one, which begins when the socket is writable.
  std::memmove(request_.data(), request_.data() + head_, size_);
  arm(core_.limits.http_timeout);
  watch(EPOLLOUT);
}

void HttpConnection::discard() {
  if (socket_->read(request_).io == Io::Closed) end_input();
}

// The peer sends no more. It may still read: closing the socket now would discard what it has not acknowledged.
void HttpConnection::end_input() {
  if (!engine::holds_unsent(socket_->descriptor())) return close();
  core_.poller.remove(socket_->descriptor());
  socket_->shut_down();
  state_ = State::Closing;
  arm(kLinger);
}

void HttpConnection::watch(std::uint32_t events) {
  if (std::exchange(watched_, events) != events) core_.poller.change(socket_->descriptor(), events, *this);
}

}  // namespace mote::lean
