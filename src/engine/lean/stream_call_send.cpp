// The sending half of StreamCall.
#include <algorithm>
#include <array>

#include "bytes/constant_bytes.h"
#include "engine/fixed_text.h"
#include "engine/lean/connection.h"
#include "engine/lean/queue_sink.h"
#include "engine/lean/request_run.h"
#include "engine/lean/stream_call.h"
#include "hpack/constant_block.h"
#include "hpack/encoder.h"
#ifdef MOTE_TLS
#include "grpc_web/trailers.h"
#endif

namespace mote::lean {

namespace {

using hpack::ConstantBlock;
using hpack::Encoder;
using hpack::StaticIndex;
using rpc::StatusCode;

constexpr std::string_view kContentType = "application/grpc";
constexpr std::string_view kPlainType = "text/plain; charset=utf-8";
constexpr std::string_view kStatusName = "grpc-status";
// The header blocks of a call without metadata that succeeds: what compose_initial() and compose_trailing() would write.
constexpr auto kUsualHeaders = constant_bytes<[] {
  return ConstantBlock().indexed(StaticIndex::Status200).literal(StaticIndex::ContentType, kContentType).bytes();
}>();
constexpr auto kUsualTrailers = constant_bytes<[] { return ConstantBlock().literal(kStatusName, "0").bytes(); }>();
// The status message if there is no memory for another.
constexpr std::string_view kOutOfBuffers = "the gateway has no memory for the status message";

// Writes frames of DATA into the send buffer, which has room for all of them.
class FrameSink final : public codec::ByteSink {
 public:
  FrameSink(Connection& connection, http2::Stream& stream, std::size_t size)
      : connection_(connection), stream_(stream), left_(size) {}
  bool write(Bytes bytes) override;
  // Bytes to come.
  [[nodiscard]] std::size_t left() const { return frame_.room() + left_; }

 private:
  void begin_frame();

  Connection& connection_;
  http2::Stream& stream_;
  std::size_t left_;  // Behind the frame at hand.
  ByteWriter frame_{{}};
};

bool FrameSink::write(Bytes bytes) {
  for (ByteReader in(bytes); !in.empty();) {
    if (frame_.room() == 0) begin_frame();
    if (frame_.room() == 0) return false;
    frame_.bytes(in.take(frame_.room()));
  }
  return true;
}

void FrameSink::begin_frame() {
  const MutableBytes place = connection_.http2().data_place(stream_, connection_.out());
  const std::size_t size = std::min(place.size(), left_);
  frame_ = ByteWriter(place.first(size));
  left_ -= size;
  if (size == 0) return;
  connection_.http2().send_data(stream_, size, false, connection_.out());
  connection_.core().turn.spend_send();
}

void write_pieces(ByteWriter& out, const BlockQueue& queue) {
  for (const mote_piece* piece = queue.pieces(); piece != nullptr; piece = piece->next)
    out.bytes({piece->data, piece->size});
}

}  // namespace

bool StreamCall::send(const pb_msgdesc_t* fields, const void* message) {
  if (finished_) return false;
  message_at_ = now();
#ifdef MOTE_GZIP
  if (head_.compresses() && compression_allowed_) {
    const Sent compressed = send_compressed(fields, message);
    if (compressed != Sent::NoRoom) return compressed == Sent::Yes;
  }
#endif
#ifdef MOTE_TLS
  if (form_ == Form::WebText) return send_text(fields, message);
#endif
  Sent sent = replies_.empty() ? send_in_place(fields, message) : Sent::NoRoom;
  if (sent == Sent::NoRoom) sent = send_later(fields, message);
  return sent == Sent::Yes;
}

// Encodes directly after the frame header in the shared send buffer. Only encoding shows whether the message fits.
StreamCall::Sent StreamCall::send_in_place(const pb_msgdesc_t* fields, const void* message) {
  if (!send_initial()) return Sent::NoRoom;
  const MutableBytes place = connection_.http2().data_place(*this, connection_.out());
  if (place.size() < grpc_http2::kMessagePrefixBytes) return Sent::NoRoom;
  const codec::EncodeResult encoded = codec::encode_to(place.subspan(grpc_http2::kMessagePrefixBytes), fields, message);
  if (encoded.status == codec::EncodeStatus::NoRoom) return Sent::NoRoom;
  if (!encoded.ok()) {
    finish(StatusCode::Internal, encoded.reason);
    return Sent::Refused;
  }
  ByteWriter prefix(place.first(grpc_http2::kMessagePrefixBytes));
  grpc_http2::write_message_prefix(prefix, static_cast<std::uint32_t>(encoded.size));
  connection_.http2().send_data(*this, grpc_http2::kMessagePrefixBytes + encoded.size, false, connection_.out());
  connection_.core().turn.spend_send();
  return Sent::Yes;
}

StreamCall::Sent StreamCall::send_later(const pb_msgdesc_t* fields, const void* message) {
  const codec::EncodeResult encoded = codec::encoded_size(fields, message);
  if (!encoded.ok()) {
    finish(StatusCode::Internal, encoded.reason);
    return Sent::Refused;
  }
  std::array<std::uint8_t, grpc_http2::kMessagePrefixBytes> prefix{};
  ByteWriter prefix_out(prefix);
  grpc_http2::write_message_prefix(prefix_out, static_cast<std::uint32_t>(encoded.size));
  const std::size_t size = prefix.size() + encoded.size;
  if (replies_.empty() && head_sent_ && form_ != Form::WebText &&
      connection_.http2().fits(*this, size, connection_.out()))
    return send_in_frames(prefix, size, fields, message);
  if (reuse_request(prefix, fields, message)) return Sent::Yes;
  BlockShare& share = connection_.share();
  if (!replies_.reserve(share, size)) {
    out_of_memory(size);
    return Sent::Refused;
  }
  const codec::EncodeResult appended = append_message(replies_, share, prefix, encoded.size, fields, message);
  if (appended.ok()) return Sent::Yes;
  finish(StatusCode::Internal, appended.reason);
  return Sent::Refused;
}

// A message of `size` bytes with its prefix, that fits in the send buffer but not in one frame.
StreamCall::Sent StreamCall::send_in_frames(Bytes prefix, std::size_t size, const pb_msgdesc_t* fields,
                                            const void* message) {
  FrameSink sink(connection_, *this, size);
  (void)sink.write(prefix);
  const codec::EncodeResult encoded = codec::encode_to(sink, fields, message);
  if (encoded.ok()) return Sent::Yes;
  write_zeros(sink, sink.left());
  finish(StatusCode::Internal, encoded.reason);
  return Sent::Refused;
}

// The reply to a unary call often contains the text of its request. No handler reads the request behind it, so it takes the
// blocks of the text.
bool StreamCall::reuse_request(Bytes prefix, const pb_msgdesc_t* fields, const void* message) {
  if (message_.empty() || !replies_.empty() || method_->kind != rpc::Kind::Unary) return false;
  RequestRun run(message_.pieces());
  if (!codec::encode_to(run, fields, message).ok() || run.size() == 0) return false;
  BlockShare& share = connection_.share();
  const bool appended = replies_.append(share, prefix) && replies_.append(share, run.before());
  if (!appended || !share.could_take(run.after().size())) {
    replies_.clear(share);
    return false;
  }
  message_.discard(share, run.offset());
  replies_.take_blocks(message_, run.size());
  (void)replies_.append(share, run.after());
  return true;
}

bool StreamCall::flush() {
  if (finished_) release_message();
  const std::size_t waited = replies_.size();
  const bool all = (replies_.empty() || send_replies()) && (!finished_ || send_last());
  if (all && !finished_) window_due_ = !top_up_window();
  if (all && finished_) return true;
  if (!all && stall_due_ == kNever) {
    stall_due_ = now() + connection_.core().limits.write_stall;
    slow_ = false;
    arm();
  } else if (!all && replies_.size() != waited) {
    extend(stall_due_, waited - replies_.size(), connection_.core().limits.write_stall);
    arm();
  } else if (all && stall_due_ != kNever) {
    stall_due_ = kNever;
    arm();
  }
  return false;
}

bool StreamCall::waits_for_window() const {
#ifdef MOTE_TLS
  if (is_web()) return web_waits_for_window();
#endif
  return !replies_.empty() && connection_.http2().sendable_bytes(*this) == 0;
}

bool StreamCall::send_replies() {
#ifdef MOTE_TLS
  if (is_web()) return send_web(false);
#endif
  if (!send_initial()) return false;
  while (!replies_.empty()) {
    const Connection::FromBlocks sent = connection_.send_from_blocks(*this, replies_);
    if (sent == Connection::FromBlocks::Sent) continue;
    if (sent == Connection::FromBlocks::Later) return false;
    const MutableBytes place = connection_.http2().data_place(*this, connection_.out());
    if (place.empty()) return false;
    const std::size_t size = replies_.move_to(connection_.share(), place);
    connection_.http2().send_data(*this, size, false, connection_.out());
    connection_.core().turn.spend_send();
  }
  return true;
}

bool StreamCall::send_initial() {
  if (head_sent_) return true;
  Bytes block = kUsualHeaders;
  ByteWriter composed(connection_.core().compose_buffer);
  if (!initial_.empty() || form_ != Form::Grpc) {
    compose_initial(composed);
    block = composed.written();
  }
#ifdef MOTE_GZIP
  if (head_.compresses() && form_ != Form::Plain) {
    if (composed.size() == 0) compose_initial(composed);
    Encoder(composed).literal("grpc-encoding", "gzip");
    block = composed.written();
  }
#endif
  head_sent_ = connection_.http2().send_headers(*this, block, false, connection_.out());
  if (head_sent_) initial_.clear(connection_.share());
  return head_sent_;
}

void StreamCall::compose_initial(ByteWriter& block) const {
  Encoder encoder(block);
  if (http_status_ == 200) {
    encoder.indexed(StaticIndex::Status200);
  } else {
    engine::FixedText<4> status;
    encoder.literal(StaticIndex::Status200, status.add(http_status_).view());
  }
  std::string_view type = form_ == Form::Plain ? kPlainType : kContentType;
#ifdef MOTE_TLS
  if (is_web()) type = grpc_web::content_type(web_format());
  if (is_web() || http_status_ == 204) add_page_fields(encoder);
#endif
  encoder.literal(StaticIndex::ContentType, type);
  if (http_status_ == 405) encoder.literal(StaticIndex::Allow, "POST");
  write_pieces(block, initial_);
}

void StreamCall::write_trailing(ByteWriter& out, std::string_view name, std::string_view value) const {
#ifdef MOTE_TLS
  if (is_web()) return grpc_web::write_line(out, name, value);
#endif
  Encoder(out).literal(name, value);
}

void StreamCall::compose_trailing(ByteWriter& block) const {
  engine::FixedText<2> code;
  Encoder(block).literal(kStatusName, code.add(static_cast<std::uint64_t>(status_)).view());
  write_pieces(block, trailing_);
  if (message_lost_) Encoder(block).literal("grpc-message", kOutOfBuffers);
}

// Sends the trailers, or if no head was sent, both in one block (PROTOCOL-HTTP2.md, "Trailers-Only").
bool StreamCall::send_last() {
  // Sending the end may unlink this stream, so read its state first.
  const bool request_ended = remote_closed;
  if (form_ == Form::Plain) {
    if (!send_last_plain()) return false;
#ifdef MOTE_TLS
  } else if (is_web()) {
    if (!send_web(true)) return false;
#endif
  } else {
    Bytes block = kUsualTrailers;
    ByteWriter composed(connection_.core().compose_buffer);
    if (!head_sent_ || status_ != StatusCode::Ok || !trailing_.empty()) {
      if (!head_sent_) compose_initial(composed);
      compose_trailing(composed);
      block = composed.written();
    }
    if (!connection_.http2().send_headers(*this, block, true, connection_.out())) return false;
  }
  if (!request_ended || cut_short_) {
    // RFC 9113 8.1 and 8.1.1.
    http2::ErrorCode code = malformed_ ? http2::ErrorCode::ProtocolError : http2::ErrorCode::NoError;
    if (cut_short_) code = http2::ErrorCode::Cancel;
    connection_.http2().reset(*this, code, connection_.out());
  } else if (status_ == StatusCode::Ok && charge_ == Charge::None) {
    connection_.http2().refund_resets(1);
  }
  if (charge_ == Charge::Own) connection_.http2().charge_refusal(connection_.out());
  if (charge_ == Charge::Shared) connection_.http2().charge_shared_refusal(connection_.out());
  return true;
}

bool StreamCall::send_last_plain() {
  if (head_sent_) {
    if (connection_.out().room() < http2::kFrameHeaderBytes + http2::kControlReserveBytes) return false;
    connection_.http2().send_data(*this, 0, true, connection_.out());
    return true;
  }
  ByteWriter composed(connection_.core().compose_buffer);
  compose_initial(composed);
  return connection_.http2().send_headers(*this, composed.written(), true, connection_.out());
}

}  // namespace mote::lean
