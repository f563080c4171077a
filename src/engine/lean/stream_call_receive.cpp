// The receiving half of StreamCall: DATA becomes messages.
#include <utility>

#include "engine/fixed_text.h"
#include "engine/lean/connection.h"
#include "engine/lean/stream_call.h"

namespace mote::lean {

namespace {

using engine::FixedText;
using engine::LimitId;
using rpc::StatusCode;

// A complete message earns back what its frames may have cost of the connection's budget of frames without progress.
constexpr std::uint32_t kIdleFramesEarned = 4;

}  // namespace

void StreamCall::take_data(Bytes bytes) {
  if (plain_) return;  // Content of a request that is no gRPC call is discarded.
  // The peer does not know yet that the call is over; its window bounds what it still sends.
  if (finished_) connection_.http2().earn_idle_frames(1);
  ByteReader in(bytes);
  while (!in.empty() && take_message(in)) {
  }
  if (finished_) return;
  watch_message();
  window_due_ = !top_up_window();
}

bool StreamCall::take_message(ByteReader& in) {
  if (finished_) return false;
  if (!framing_.take_prefix(in)) return false;
  if (!in_message_ && !begin_message(in.remaining())) return false;
  in_message_ = true;
  const Bytes piece = framing_.take_body(in);
  if (!framing_.complete()) return store(piece);
  if (message_.empty()) {
    const mote_piece whole{nullptr, piece.data(), piece.size()};
    hand_over(&whole);
  } else if (store(piece)) {
    hand_over(message_.pieces());
  }
  message_.clear(connection_.share());
  end_waiting();
  message_due_ = kNever;
  framing_.next();
  in_message_ = false;
  return true;
}

bool StreamCall::begin_message(std::size_t bytes_there) {
  const engine::Limits& limits = connection_.core().limits;
  if (!framing_.flag_valid()) {
    finish(StatusCode::Internal, "a message starts with neither 0 nor 1");
  } else if (framing_.compressed() && !head_.compressed()) {
    finish(StatusCode::Internal, "a compressed message without grpc-encoding");
  } else if (framing_.compressed()) {
    // PROTOCOL-HTTP2.md, "Compression": the answer names what would be understood.
    if (!add_initial_metadata("grpc-accept-encoding", "identity")) return false;
    finish(StatusCode::Unimplemented, "compressed messages are not supported");
  } else if (framing_.length() > limits.max_message_bytes) {
    connection_.core().counters.add(LimitId::MaxMessageBytes);
    FixedText<120> text;
    text.add("request message of ").add(framing_.length()).add(" bytes exceeds the limit of ");
    text.add(limits.max_message_bytes).add(" bytes");
    finish(StatusCode::ResourceExhausted, text.view());
  } else if (framing_.length() > bytes_there) {
    admit();
    if (memory_link.linked) connection_.core().counters.add(LimitId::StreamWindowBytes);
  }
  return !finished_;
}

// Memory for the whole message, and for a reply of any size, is there before more of it is let in: what was let in can
// be ended. Until then the peer may send no more than stream-window-bytes, so that many large messages at once wait for
// each other, and none is refused that could be served a moment later. What they send is set aside for them.
bool StreamCall::could_be_admitted() const {
  return connection_.share().could_admit(bytes_to_admit(), aside_);
}

std::size_t StreamCall::bytes_to_admit() const {
  return framing_.length() - message_.size() + connection_.core().limits.max_message_bytes;
}

LimitId StreamCall::limit_on_admission() const {
  const bool share = connection_.share().could_admit_but_for_pool(bytes_to_admit(), aside_);
  return share ? LimitId::BufferBytes : LimitId::ConnectionBufferBytes;
}

void StreamCall::admit() {
  if (!could_be_admitted() || !message_.reserve(connection_.share(), framing_.length() - message_.size())) {
    return connection_.core().for_memory.push(*this);
  }
  end_waiting();
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

// Lets the peer send the rest of an admitted message, and stream-window-bytes behind it; nothing while the message waits
// for memory or the peer for replies that it does not take. What is discarded takes no memory. False: no room to say so.
bool StreamCall::top_up_window() {
  if (finished_ || remote_closed || memory_link.linked || !replies_.empty()) return true;
  const auto own = static_cast<std::int32_t>(connection_.core().limits.stream_window_bytes);
  const std::int32_t ahead = plain_ ? kPlainWindowBytes : own;
  // What a prefix that is not whole yet says is not to be taken for a length.
  const auto rest = static_cast<std::int32_t>(in_message_ ? framing_.left() : 0);
  const std::int32_t lacking = ahead + rest - receive_window_bytes;
  if (lacking < ahead / 2) return true;
  if (connection_.out().room() < http2::kFrameHeaderBytes + http2::kWindowUpdateBytes) return false;
  connection_.http2().grant(*this, static_cast<std::uint32_t>(lacking), connection_.out());
  return true;
}

void StreamCall::hand_over(const mote_piece* pieces) {
  connection_.http2().earn_idle_frames(kIdleFramesEarned);
  rpc::receive_message(*this, *method_, pieces, framing_.length());
}

// A message that was begun has to end within its time.
void StreamCall::watch_message() {
  if (framing_.at_boundary() || message_due_ != kNever) return;
  message_due_ = now() + connection_.core().limits.message_timeout;
  arm();
}

void StreamCall::take_half_close() {
  if (finished_) return;
  if (plain_) return answer_plainly();
  if (!framing_.at_boundary()) return finish(StatusCode::Internal, "the last message was cut short");
  rpc::receive_half_close(*this, *method_);
}

}  // namespace mote::lean
