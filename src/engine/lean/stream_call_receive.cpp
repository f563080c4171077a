// The receiving half of StreamCall: turns DATA into messages.
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
  if (plain_) return 0;  // The content of a request that is not a gRPC call is discarded.
  // The peer may not know yet that the call is over. Its window limits what it can still send.
  if (finished_) connection_.http2().refund_idle_frames(1);
  ByteReader in(bytes);
  const bool began = message_due_ != kNever;
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

bool StreamCall::take_message(ByteReader& in) {
  if (finished_) return false;
  if (!framing_.take_prefix(in)) return false;
  if (!in_message_ && !begin_message(in.remaining())) return false;
  in_message_ = true;
  const Bytes piece = framing_.take_body(in);
  if (!framing_.complete()) return store(piece);
  const bool compressed = framing_.compressed();
  if (message_.empty() && !compressed) {
    const mote_piece whole{nullptr, piece.data(), piece.size()};
    hand_over(&whole, piece.size());
  } else if (store(piece) && (!compressed || inflate())) {
    hand_over(message_.pieces(), message_.size());
  }
  message_.clear(connection_.share());
  if (memory_link.linked) end_waiting();
  message_due_ = kNever;
  framing_.next();
  in_message_ = false;
  return !compressed || !connection_.core().turn.spent();
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
    admit();
    if (memory_link.linked) connection_.note_limit(LimitId::StreamWindowBytes);
  }
  return !finished_;
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

// A message is admitted when memory for all of it and for a reply of any size is free, so that an admitted message can
// always complete. Until then the peer may send at most stream-window-bytes, into memory that is set aside for this. So
// large messages wait for each other, and none is refused that could be served a moment later.
bool StreamCall::could_be_admitted() const {
  return connection_.share().could_admit(bytes_to_admit(), aside_);
}

// How large a compressed message becomes is not known before its end.
std::size_t StreamCall::bytes_to_admit() const {
  const std::size_t most = connection_.core().limits.max_message_bytes;
  const std::size_t message = framing_.compressed() ? most : framing_.length();
  return message - message_.size() + most;
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
  if (!could_be_admitted() || !message_.reserve(connection_.share(), framing_.length() - message_.size())) {
    return connection_.core().for_memory.push(*this);
  }
  if (memory_link.linked) end_waiting();
  window_due_ = true;
  if (framing_.length() > connection_.core().limits.socket_receive_bytes) connection_.grow_socket();
}

void StreamCall::end_waiting() {
  connection_.core().for_memory.remove(*this);
  connection_.share().count_aside(std::exchange(aside_, 0), 0);
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
  if (finished_ || remote_closed || memory_link.linked || !replies_.empty()) return true;
  const auto own = static_cast<std::int32_t>(connection_.core().limits.stream_window_bytes);
  const std::int32_t ahead = plain_ ? kPlainWindowBytes : own;
  // An incomplete prefix has no length yet.
  const auto rest = static_cast<std::int32_t>(in_message_ ? framing_.left() : 0);
  const std::int32_t lacking = ahead + rest - receive_window_bytes;
  if (lacking < ahead / 2) return true;
  if (connection_.out().room() < http2::kFrameHeaderBytes + http2::kWindowUpdateBytes) return false;
  connection_.http2().grant(*this, static_cast<std::uint32_t>(lacking), connection_.out());
  return true;
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
  if (plain_) return answer_plainly();
  if (!framing_.at_boundary()) return refuse(StatusCode::Internal, "the last message is incomplete");
  rpc::receive_half_close(*this, *method_);
}

}  // namespace mote::lean
