// The receiving half of StreamCall: turns DATA into messages.
#include <algorithm>
#include <utility>

#include "engine/fixed_text.h"
#include "engine/lean/connection.h"
#include "engine/lean/stream_call.h"

namespace mote::lean {

namespace {

using engine::FixedText;
using engine::LimitId;
using rpc::StatusCode;

// A complete message refunds what its frames may have taken from idle-frame-budget.
constexpr std::uint32_t kIdleFramesForMessage = 4;

}  // namespace

std::size_t StreamCall::take_data(Bytes bytes) {
  window_due_ = true;
  if (form_ == Form::Plain) return 0;  // The content of a request that is not a gRPC call is discarded.
  // The peer may not know yet that the call is over. Its window limits what it can still send.
  if (finished_) connection_.http2().refund_idle_frames(1);
  ByteReader in(bytes);
  const bool began = message_due_ != kNever;
#ifdef MOTE_TLS
  while (form_ == Form::WebText && !in.empty() && take_text(in)) {
  }
#endif
  while (!in.empty() && take_message(in)) {
  }
  if (finished_) return 0;
  if (began && message_due_ != kNever) {
    extend(message_due_, bytes.size(), connection_.core().limits.message_timeout);
  } else {
    watch_message();
  }
  window_due_ = !top_up_window();
  return in.remaining();
}

void StreamCall::take_written(std::size_t size) {
  message_.commit(size);
  framing_.skip_body(static_cast<std::uint32_t>(size));
  extend(message_due_, size, connection_.core().limits.message_timeout);
  window_due_ = true;
}

bool StreamCall::take_message(ByteReader& in) {
  if (finished_) return false;
  if (!framing_.take_prefix(in)) return false;
  if (!in_message_ && !begin_message(in.remaining())) return false;
  in_message_ = true;
  const Bytes piece = framing_.take_body(in);
  if (!framing_.complete()) return store(piece);
  if (framing_.compressed()) return take_compressed(piece, in);
  if (message_.empty()) {
    const mote_piece whole{nullptr, piece.data(), piece.size()};
    hand_over(&whole, piece.size());
  } else if (store(piece)) {
    hand_over(message_.pieces(), message_.size());
  }
  end_message();
  return true;
}

void StreamCall::release_message() {
  message_.clear(connection_.share());
  if (memory_link.linked || in_promise_) end_waiting();
}

void StreamCall::end_message() {
  release_message();
  message_due_ = kNever;
  framing_.next();
  in_message_ = false;
}

bool StreamCall::begin_message(std::size_t bytes_there) {
  const engine::Limits& limits = connection_.core().limits;
  if (!framing_.flag_valid()) {
    refuse(StatusCode::Internal, "the first byte of a message is neither 0 nor 1");
  } else if (framing_.compressed() && !accepts_compressed()) {
    return false;
  } else if (framing_.length() > limits.max_message_bytes) {
    connection_.note_limit(LimitId::MaxMessageBytes);
    FixedText<120> text;
    text.add("request message of ").add(framing_.length()).add(" bytes exceeds the limit of ");
    text.add(limits.max_message_bytes).add(" bytes");
    refuse(StatusCode::ResourceExhausted, text.view());
  } else if (framing_.length() > bytes_there) {
    if (lacks_window(bytes_there)) connection_.note_window_wait();
    admit();
    if (memory_link.linked) note_waiting();
  }
  return !finished_;
}

void StreamCall::note_waiting() {
  connection_.note_limit(LimitId::StreamWindowBytes);
  connection_.uploads_alone = false;
  if (waits_for_pool()) connection_.core().large_windows.ask_all_for_memory(connection_.core());
}

bool StreamCall::accepts_compressed() {
  using Encoding = RequestHead::Encoding;
  std::string_view supported = "identity";
  std::string_view reason = "compressed messages are not supported";
  if (head_.encoding() == Encoding::Identity) {
    refuse(StatusCode::Internal, "a compressed message without grpc-encoding");
    return false;
  }
#ifdef MOTE_GZIP
  if (connection_.core().gzip != nullptr) {
    if (head_.encoding() == Encoding::Gzip) return true;
    supported = "identity,gzip";
    reason = "the compression of the message is not supported";
  }
#endif
  // PROTOCOL-HTTP2.md, "Compression": the answer names the encodings that are supported.
  if (add_initial_metadata("grpc-accept-encoding", supported)) refuse(StatusCode::Unimplemented, reason);
  return false;
}

// Whether the rest of the message needs a WINDOW_UPDATE. The windows are charged for all of the DATA frame at hand.
bool StreamCall::lacks_window(std::size_t bytes_there) const {
  const http2::ServerConnection& http2 = connection_.http2();
  const std::size_t rest = framing_.length() - bytes_there;
  const std::int32_t window = std::min(receive_window_bytes, http2.receive_window_bytes());
  return rest > http2.data_left(*this) + static_cast<std::size_t>(std::max<std::int32_t>(window, 0));
}

// A message is admitted when memory for all of it and for a reply of any size is free, so that an admitted message can
// always complete. Until then the peer may send at most stream-window-bytes, into memory that is set aside for this. So
// large messages wait for each other, and none is refused that could be served a moment later.
bool StreamCall::could_be_admitted() const {
  return connection_.share().could_admit(bytes_to_admit(), aside_) || fits_promise();
}

bool StreamCall::fits_promise() const {
  return connection_.share().could_use_promise(bytes_to_receive(), connection_.core().limits.max_message_bytes);
}

// How large a compressed message becomes is not known before its end. While it is decompressed, what was not read of it and what it
// contains so far may be a little more than the larger of both. One that is complete makes another copy of itself.
std::size_t StreamCall::bytes_to_receive() const {
  constexpr std::size_t kInBoth = 2 * BlockPool::kSmallBytes;  // A block that was read in part, and what gzip adds.
  const std::size_t most = connection_.core().limits.max_message_bytes + kInBoth;
  const std::size_t message = framing_.compressed() ? most : framing_.length();
  return framing_.complete() ? message : message - message_.size();
}

std::size_t StreamCall::bytes_to_admit() const {
  return bytes_to_receive() + connection_.core().limits.max_message_bytes;
}

LimitId StreamCall::limit_on_admission() const {
  if (!waits_for_pool()) return LimitId::ConnectionBufferBytes;
  const bool address = connection_.share().address_exceeded_by(bytes_to_admit());
  return address ? LimitId::BufferBytesPerAddress : LimitId::BufferBytes;
}

bool StreamCall::waits_for_pool() const {
  return connection_.share().could_admit_but_for_pool(bytes_to_admit(), aside_);
}

void StreamCall::admit() {
  if (framing_.complete()) return take_waiting();
  BlockShare& share = connection_.share();
  const bool by_promise = !share.could_admit(bytes_to_admit(), aside_);
  if ((by_promise && !fits_promise()) || !message_.reserve(share, bytes_to_receive(), framing_.compressed())) {
    return connection_.core().for_memory.push(*this);
  }
  end_waiting();
  if (by_promise) {
    in_promise_ = true;
    aside_ = static_cast<std::uint32_t>(small_for(message_.capacity()));
    share.use_promise();
    share.count_aside(0, aside_);
  }
  window_due_ = true;
  if (framing_.length() > connection_.core().limits.socket_receive_bytes) connection_.grow_socket();
  if (framing_.length() > http2::kLargeWindowBytes) connection_.take_upload_window();
}

// The message is admitted, complete, or gone.
void StreamCall::end_waiting() {
  if (memory_link.linked) connection_.core().for_memory.remove(*this);
  if (aside_ != 0) connection_.share().count_aside(std::exchange(aside_, 0), 0);
  if (std::exchange(in_promise_, false)) connection_.share().leave_promise();
}

bool StreamCall::store(Bytes piece) {
  if (!message_.append(connection_.share(), piece)) {
    out_of_memory(piece.size());
    return false;
  }
  if (!memory_link.linked) return true;
  const auto held = static_cast<std::uint32_t>(small_for(message_.size()));
  connection_.share().count_aside(std::exchange(aside_, held), held);
  return true;
}

// Grants a window for the rest of an admitted message and stream-window-bytes after it. Grants nothing while the message
// waits for memory or replies are unsent. Returns false if the send buffer has no room for the WINDOW_UPDATE.
bool StreamCall::top_up_window() {
  if (remote_closed || memory_link.linked || !replies_.empty()) return true;
  const std::size_t message = in_message_ ? framing_.length() : 0;
  const std::int32_t ahead = form_ == Form::Plain ? kPlainWindowBytes : connection_.window_behind_message(message);
  // An incomplete prefix has no length yet.
  const auto rest = static_cast<std::int32_t>(in_message_ ? framing_.left() : 0);
  const std::int32_t lacking = ahead + rest - bytes_to_come();
  if (lacking < ahead / 2) return true;
  return connection_.http2().grant(*this, static_cast<std::uint32_t>(lacking), connection_.out());
}

// What the peer may send: its window, and the rest of the DATA frame at hand, for which the window is charged already.
std::int32_t StreamCall::bytes_to_come() const {
  return receive_window_bytes + static_cast<std::int32_t>(connection_.http2().data_left(*this));
}

std::int32_t StreamCall::window_ahead() const {
  if (form_ == Form::Plain || remote_closed) return 0;
  return bytes_to_come() - static_cast<std::int32_t>(rest_to_come() ? framing_.left() : 0);
}

std::int32_t StreamCall::window_beside_promise() const {
  if (rest_to_come() && !in_promise_) return 0;
  const std::size_t rest = in_promise_ ? framing_.left() : 0;
  return static_cast<std::int32_t>(rest) - static_cast<std::int32_t>(connection_.http2().data_left(*this));
}

void StreamCall::hand_over(const mote_piece* pieces, std::size_t size) {
  message_at_ = now();
  connection_.http2().refund_idle_frames(kIdleFramesForMessage);
  rpc::receive_message(*this, *method_, pieces, size);
}

// Starts message-timeout-ms for an incomplete message.
void StreamCall::watch_message() {
  if (framing_.at_boundary() || message_due_ != kNever) return;
  message_due_ = now() + connection_.core().limits.message_timeout;
  slow_ = false;
  arm();
}

void StreamCall::take_half_close() {
  if (finished_) return;
  if (form_ == Form::Plain) return answer_plainly();
#ifdef MOTE_TLS
  if (!text_.complete()) return refuse(StatusCode::Internal, kNotBase64);
#endif
  if (!framing_.at_boundary()) {
    if (framing_.complete()) return;  // It waits for memory: take_waiting() goes on.
    return refuse(StatusCode::Internal, "the last message is incomplete");
  }
  rpc::receive_half_close(*this, *method_);
}

}  // namespace mote::lean
