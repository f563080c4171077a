// The compression of messages in StreamCall. A message is decompressed when all of it has arrived, and compressed when it is sent,
// so the memory of gzip::Gzip is never needed for two at once.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/fixed_text.h"
#include "engine/lean/connection.h"
#include "engine/lean/stream_call.h"

namespace mote::lean {

namespace {

using engine::LimitId;
using gzip::Gzip;
using gzip::Progress;
using rpc::StatusCode;

// gzip adds at least 20 bytes, and half of a short text.
constexpr std::size_t kLeastCompressed = 256;

// Compresses what it gets into a queue until that has `most` bytes, or no memory.
class DeflateSink final : public codec::ByteSink {
 public:
  DeflateSink(Gzip& gzip, MutableBytes buffer, BlockQueue& queue, BlockShare& share, std::size_t most)
      : gzip_(gzip), buffer_(buffer), queue_(queue), share_(share), most_(most) {
    gzip_.begin_deflate();
  }
  bool write(Bytes bytes) override { return deflate(bytes, false); }
  bool end() { return deflate({}, true); }

 private:
  bool deflate(Bytes bytes, bool last) {
    ByteReader in(bytes);
    for (;;) {
      ByteWriter out(buffer_);
      const Progress progress = gzip_.deflate(in, out, last);
      if (queue_.size() + out.size() > most_ || !queue_.append(share_, out.written())) return false;
      if (progress != Progress::NeedsRoom) return progress != Progress::Malformed;
    }
  }

  Gzip& gzip_;
  MutableBytes buffer_;
  BlockQueue& queue_;
  BlockShare& share_;
  std::size_t most_;
};

}  // namespace

// --- The request ---

// Most messages find memory for what they contain. One that does not is kept as it is until it is admitted. What follows it in the
// stream is kept behind it: the window of the stream, which is not refilled meanwhile, bounds that.
bool StreamCall::take_compressed(Bytes piece, ByteReader& in) {
  if (memory_link.linked) return store(piece) && store(in.take(in.remaining()));
  const bool whole = message_.empty();
  if (!whole && !store(piece)) return false;
  Core& core = connection_.core();
  Inflated inflated = Inflated::NoRoom;
  if (!whole || !core.turn.gzip_spent()) inflated = inflate(whole ? piece : Bytes{}, message_);
  if (inflated == Inflated::NoRoom && whole) {
    message_.clear(connection_.share());
    core.for_memory.push(*this);
    note_waiting();
    return store(piece);
  }
  if (inflated == Inflated::Yes) hand_over(message_.pieces(), message_.size());
  if (inflated == Inflated::NoRoom) out_of_memory(core.limits.max_message_bytes);
  end_message();
  return !core.turn.spent();
}

void StreamCall::take_waiting() {
  BlockShare& share = connection_.share();
  BlockQueue plain;
  const Inflated inflated = inflate({}, plain);
  if (inflated == Inflated::Yes) hand_over(plain.pieces(), plain.size());
  if (inflated == Inflated::NoRoom) out_of_memory(connection_.core().limits.max_message_bytes);
  plain.clear(share);
  BlockQueue rest = std::exchange(message_, BlockQueue());
  end_message();
  while (!finished_ && !rest.empty()) {
    ByteReader in(rest.front());
    const std::size_t there = in.remaining();
    (void)take_message(in);
    rest.discard(share, there - in.remaining());
  }
  rest.clear(share);
  watch_message();
  window_due_ = true;
  if (remote_closed) take_half_close();
}

// What was read of message_ is released as it goes, so a message within max-message-bytes needs hardly more memory than without
// compression (bytes_to_receive()).
StreamCall::Inflated StreamCall::inflate(Bytes whole, BlockQueue& to) {
  Core& core = connection_.core();
  BlockShare& share = connection_.share();
  std::size_t compressed = framing_.length();
  std::size_t plain = 0;
  core.gzip->begin_inflate();
  Progress progress = Progress::NeedsInput;
  bool room = true;
  while (progress != Progress::End && (compressed != 0 || progress == Progress::NeedsRoom)) {
    Bytes front = whole;
    if (whole.empty() && compressed != 0) front = message_.front();
    ByteReader in(front.first(std::min(front.size(), compressed)));
    const std::size_t there = in.remaining();
    ByteWriter out(core.compose_buffer);
    progress = core.gzip->inflate(in, out);
    plain += out.size();
    if (progress == Progress::Malformed || plain > core.limits.max_message_bytes) break;
    room = to.append(share, out.written());
    if (!room) break;
    const std::size_t taken = there - in.remaining();
    if (whole.empty()) {
      message_.discard(share, taken);
    } else {
      whole = whole.subspan(taken);
    }
    compressed -= taken;
  }
  core.turn.spend_gzip(plain);
  if (!room) return Inflated::NoRoom;
  if (plain > core.limits.max_message_bytes) {
    refuse_inflated();
    return Inflated::Refused;
  }
  if (progress != Progress::End || compressed != 0) {
    refuse(StatusCode::Internal, "a compressed message is malformed");
    return Inflated::Refused;
  }
  ++core.inflated.messages;
  core.inflated.plain_bytes += plain;
  core.inflated.compressed_bytes += framing_.length();
  return Inflated::Yes;
}

void StreamCall::refuse_inflated() {
  connection_.note_limit(LimitId::MaxMessageBytes);
  engine::FixedText<120> text;
  text.add("request message exceeds, decompressed, the limit of ");
  text.add(connection_.core().limits.max_message_bytes).add(" bytes");
  refuse(StatusCode::ResourceExhausted, text.view());
}

// --- The reply ---

StreamCall::Sent StreamCall::send_compressed(const pb_msgdesc_t* fields, const void* message) {
  const codec::EncodeResult plain = codec::encoded_size(fields, message);
  if (!plain.ok() || plain.size < kLeastCompressed) return Sent::NoRoom;
  Core& core = connection_.core();
  BlockShare& share = connection_.share();
  BlockQueue compressed;
  DeflateSink sink(*core.gzip, core.compose_buffer, compressed, share, plain.size - 1);
  const bool smaller = codec::encode_to(sink, fields, message).ok() && sink.end();
  core.turn.spend_gzip(plain.size);
  const std::size_t size = compressed.size();
  const bool room = smaller && replies_.reserve(share, grpc_http2::kMessagePrefixBytes + size);
  if (room) {
    std::array<std::uint8_t, grpc_http2::kMessagePrefixBytes> prefix{};
    ByteWriter prefix_out(prefix);
    grpc_http2::write_message_prefix(prefix_out, static_cast<std::uint32_t>(size), true);
    (void)replies_.append(share, prefix);  // Reserved above, like the next.
    for (const mote_piece* piece = compressed.pieces(); piece != nullptr; piece = piece->next)
      (void)replies_.append(share, {piece->data, piece->size});
    ++core.deflated.messages;
    core.deflated.plain_bytes += plain.size;
    core.deflated.compressed_bytes += size;
  }
  compressed.clear(share);
  return room ? Sent::Yes : Sent::NoRoom;
}

}  // namespace mote::lean
