#include "engine/lean/monitor/http_connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engine/clock.h"
#include "engine/lean/connection_deadlines.h"
#include "engine/lean/monitor/numbers.h"
#include "engine/lean/peer.h"
#include "engine/socket_buffers.h"
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

struct Status {
  std::uint16_t code;
  std::string_view text;    // The reason phrase.
  std::string_view reason;  // The body of an error.
};

constexpr std::array<Status, kHttpStatuses.size()> kStatuses = {{
    {200, "OK", {}},
    {400, "Bad Request", "the request is malformed\n"},
    {403, "Forbidden", "the Origin is that of another site\n"},
    {404, "Not Found", "there are /, /metrics and /stats.json\n"},
    {405, "Method Not Allowed", "only GET and HEAD are allowed here\n"},
    {408, "Request Timeout", "the request did not end in time\n"},
    {413, "Content Too Large", "a request has no content here\n"},
    {421, "Misdirected Request",
     "the Host is neither a numeric address nor localhost nor one of http-host: a page of another site may have sent "
     "this\n"},
    {431, "Request Header Fields Too Large", "the head of the request exceeds http-request-bytes\n"},
    {501, "Not Implemented", "the transfer coding is unknown\n"},
    {503, "Service Unavailable", "all http-connections have a request\n"},
    {505, "HTTP Version Not Supported", "this listener speaks HTTP/1.1\n"},
}};

const Status& status_of(std::uint16_t code) {
  const auto* const found =
      std::find_if(kStatuses.begin(), kStatuses.end(), [code](const Status& status) { return status.code == code; });
  return found == kStatuses.end() ? kStatuses[1] : *found;
}

void write_status_line(ByteWriter& out, const Status& status) {
  out.text("HTTP/1.1 ");
  add_number(out, status.code);
  out.text(" ");
  out.text(status.text);
  out.text("\r\n");
}

}  // namespace

void write_refusal(ByteWriter& out) {
  const Status& status = status_of(503);
  write_status_line(out, status);
  out.text("content-type: text/plain; charset=utf-8\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: ");
  add_number(out, status.reason.size());
  out.text("\r\n\r\n");
  out.text(status.reason);
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
  core_.timers.disarm(*this);
  engine::discard_unsent(socket_->descriptor());
  socket_.reset();
}

void HttpConnection::drain() {
  if (!used()) return;
  if (closing()) return arm(kLinger);
  if (rests()) return end_input();
  keep_alive_ = false;
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
  owner_.note_limit(LimitId::HttpTimeout, peer().view());
  if (state_ == State::Replying) return close();
  keep_alive_ = false;
  head_ = size_;
  begin({.status = 408}, false);
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
  const std::size_t head = http1::head_size(bytes, std::exchange(seen_, size_));
  if (head == 0 && size_ < request_.size()) return watch(EPOLLIN);
  active_at_ = core_.now;
  head_ = head;
  if (head == 0) {
    owner_.note_limit(LimitId::HttpRequestBytes, peer().view());
    keep_alive_ = false;
    return begin({.status = 431}, false);
  }
  http1::HttpRequest request;
  const std::uint16_t error = http1::parse_head(bytes.substr(0, head), request);
  // What follows a request with content, or a malformed one, is no request.
  const bool content = request.chunked || request.content_bytes != 0;
  keep_alive_ = keep_alive_ && error == 0 && request.keep_alive && !content && !core_.server.shutting_down;
  chunked_ = !request.http_1_0;
  if (error != 0) return begin({.status = error}, false);
  begin(content ? Answer{.status = 413} : owner_.answer(*this, request), request.verb == http1::Verb::Head);
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
  write_status_line(out, status_of(answer.status));
  out.text("date: ");
  http1::write_date(out, engine::wall_clock_us() / 1'000'000);
  out.text("\r\ncontent-type: ");
  out.text(answer.type);
  out.text(
      "\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\ncross-origin-resource-policy: same-origin\r\n"
      "referrer-policy: no-referrer\r\ncontent-security-policy: default-src 'none'; script-src 'unsafe-inline'; "
      "style-src "
      "'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors "
      "'none'\r\n");
  if (answer.status == 405) out.text("allow: GET, HEAD\r\n");
  if (!keep_alive_) out.text("connection: close\r\n");
  if (chunked_) {
    out.text("transfer-encoding: chunked\r\n");
  } else if (document_ == nullptr) {
    out.text("content-length: ");
    add_number(out, text_.size());
    out.text("\r\n");
  }
  out.text("\r\n");
  unsent_ = out.written();
}

void HttpConnection::send() {
  for (std::size_t sent = 0; sent < kTurnBytes;) {
    if (unsent_.empty() && !fill()) return end_reply();
    const IoResult result = socket_->write(unsent_);
    if (result.io == Io::Closed) return close();
    if (result.io == Io::WouldBlock) break;
    unsent_ = unsent_.subspan(result.size);
    sent += result.size;
  }
  watch(EPOLLOUT);
}

bool HttpConnection::fill() {
  ByteWriter out(reply_);
  if (document_ != nullptr) {
    fill_document(out);
  } else {
    const std::size_t size = std::min(text_.size(), reply_.size());
    out.text(text_.substr(0, size));
    text_.remove_prefix(size);
  }
  unsent_ = out.written();
  return !unsent_.empty();
}

void HttpConnection::fill_document(ByteWriter& out) {
  const std::size_t around = chunked_ ? kChunkHeadBytes + kChunkEnd.size() + kLastChunk.size() : 0;
  const std::size_t before = chunked_ ? kChunkHeadBytes : 0;
  ByteWriter text(reply_.subspan(before, reply_.size() - around));
  bool more = true;
  while (more && text.size() == 0)
    more = document_(owner_.view(), cursor_, text);
  if (chunked_ && text.size() != 0) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (const unsigned shift : {12U, 8U, 4U, 0U})
      out.text(kHex.substr(text.size() >> shift & 0xfU, 1));
    out.text("\r\n");
  }
  out.advance(text.size());
  if (chunked_ && text.size() != 0) out.text(kChunkEnd);
  if (more) return;
  if (chunked_) out.text(kLastChunk);
  document_ = nullptr;
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
