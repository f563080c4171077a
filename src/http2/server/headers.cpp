// Header blocks, in both directions: HEADERS and what follows it (RFC 9113 4.3, 6.2, 6.10). continuation.cpp limits
// CONTINUATION frames.
#include <algorithm>
#include <utility>

#include "hpack/encoder.h"
#include "http2/server/server_connection.h"

namespace mote::http2 {

void ServerConnection::begin_headers(ByteReader& in, ByteWriter& out) {
  current_ = nullptr;
  if (has(frame_, kPadded) && !take_pad_length(in, out)) return;
  const bool depends_on_itself = has(frame_, kPriority) && read_dependency(in) == frame_.stream;
  block_ = {.stream = frame_.stream, .frames = 1, .ends_stream = has(frame_, kEndStream)};
  begin_request(out);
  if (depends_on_itself && current_ != nullptr) {  // RFC 7540 5.3.1. The block is still decoded.
    block_.request_begins = false;
    stream_error(*current_, ErrorCode::ProtocolError, out);
  }
  if (!failed()) decoder_.begin();
}

void ServerConnection::begin_request(ByteWriter& out) {
  const StreamId id = frame_.stream;
  if (!StreamIds::of_client(id)) return fail(Fault::EvenId, out);
  if (!ids_.is_new(id)) return begin_trailers(out);

  ids_.open(id);
  if (goaway_.ignores(id)) {
    if (!provoked_.take_late_stream()) return spend_idle_frame(out);
    if (!block_.ends_stream) provoked_.ended_early(settings_.window_in_force_bytes(), limits_.streams);
    return;
  }
  if (streams_.count() >= limits_.streams) {
    // A peer that has not seen our SETTINGS does not know the limit.
    block_.fate = settings_.acknowledged() ? HeaderBlock::Fate::Refuse : HeaderBlock::Fate::RefuseFree;
    return events_.on_limit(ConnectionLimit::Streams);
  }
  Stream* stream = events_.open_stream(id);
  if (stream == nullptr) {
    block_.fate = HeaderBlock::Fate::RefuseFree;
    return;
  }
  *stream = Stream{.id = id};
  link(*stream);
  begin_section(*stream, SectionKind::Request);
  block_.request_begins = true;
}

// A field section on a stream that has received its first one, or is closed.
void ServerConnection::begin_trailers(ByteWriter& out) {
  Stream* stream = events_.find_stream(frame_.stream);
  if (stream == nullptr) {
    if (recent_resets_.take_peers(frame_.stream))
      return closed_stream_error(frame_.stream, ErrorCode::StreamClosed, out);
    if (reset_by_us(frame_.stream)) {
      if (!provoked_.take_late_trailers()) spend_idle_frame(out);
      return;
    }
    // An id that was passed over is closed too, but the error is PROTOCOL_ERROR (RFC 9113 5.1.1).
    return fail(ids_.passed_over() ? Fault::PassedOverHeaders : Fault::ClosedHeaders, out);
  }
  if (stream->remote_closed) return stream_error(*stream, ErrorCode::StreamClosed, out);
  if (!block_.ends_stream) return stream_error(*stream, ErrorCode::ProtocolError, out);  // RFC 9113 8.1
  begin_section(*stream, SectionKind::Trailers);
}

void ServerConnection::begin_section(Stream& stream, SectionKind kind) {
  current_ = &stream;
  block_.fate = HeaderBlock::Fate::Deliver;
  rules_.begin(kind);
}

// Decodes a part at a time, so that an endless block of tiny fields is abandoned soon.
void ServerConnection::decode(Bytes piece, MutableBytes scratch, ByteWriter& out) {
  constexpr std::size_t kPartBytes = 1024;
  do {
    const Bytes part = piece.first(std::min(piece.size(), kPartBytes));
    piece = piece.subspan(part.size());
    const bool begins = std::exchange(block_.request_begins, false);
    const bool decoded = begins ? decode_head(part, scratch) : decoder_.feed(part, scratch, *this);
    // First, because the field that went too far came before the error, however the peer's bytes are cut.
    if (!block_.deliverable() && far_above_limits()) {
      events_.on_limit(ConnectionLimit::HeaderExcess);
      return fail(Fault::HeaderBlockSize, out);
    }
    if (!decoded) return fail(Fault::Hpack, out);
  } while (!piece.empty());
}

bool ServerConnection::far_above_limits() const {
  return block_.field_bytes > limits_.header_excess * limits_.header_bytes ||
         block_.fields > limits_.header_excess * limits_.header_fields;
}

// Most requests begin like the one before: see KnownHead.
bool ServerConnection::decode_head(Bytes piece, MutableBytes scratch) {
  hpack::DynamicTable& table = decoder_.table();
  const KnownHead::Match match = known_.match(piece, table);

  std::size_t size = known_.known_bytes();
  if (match.fields_known) {
    known_.restore(rules_, block_);
    decoder_.pass_over_fields();
    events_.on_known_fields(*current_);
    if (match.same) return true;
  } else {
    size = hpack::Decoder::repeatable_bytes(piece.first(match.common_bytes));
    if (!decode_and_store(piece.first(size), scratch)) return false;
  }
  if (!match.same) known_.store_block(piece, table);
  return decoder_.feed(piece.subspan(size), scratch, *this);
}

bool ServerConnection::decode_and_store(Bytes fields, MutableBytes scratch) {
  known_.invalidate();
  if (!decoder_.feed(fields, scratch, *this)) return false;
  if (fields.empty() || !block_.deliverable() || rules_.malformed() || !events_.keep_fields(*current_)) return true;
  known_.store_result(fields.size(), rules_, block_);
  return true;
}

void ServerConnection::on_field(const hpack::HeaderField& field) {
  const auto size =
      static_cast<std::uint32_t>(field.name.size() + field.value.size() + hpack::DynamicTable::kEntryOverhead);
  if (!count_field(size)) return;
  if (block_.field_bytes > limits_.header_bytes) return past_limit(ConnectionLimit::HeaderBytes);
  if (block_.fields > limits_.header_fields) return past_limit(ConnectionLimit::HeaderFields);
  const bool malformed = rules_.malformed();
  hpack::HeaderField taken = field;
  if (rules_.accept(taken)) return events_.on_field(*current_, taken);
  if (!malformed) events_.on_malformed(*current_, field.name, rules_.fault());
}

// Its strings have more than the scratch memory, which is at least header_bytes.
void ServerConnection::on_oversized_field() {
  if (count_field(limits_.header_bytes + 1)) past_limit(ConnectionLimit::HeaderBytes);
}

// Returns whether the field matters. Fields behind the one that goes too far do not count.
bool ServerConnection::count_field(std::uint32_t size_bytes) {
  const bool deliverable = block_.deliverable();
  if (!deliverable && far_above_limits()) return false;
  block_.field_bytes += size_bytes;
  ++block_.fields;
  return deliverable;
}

// The block is still decoded, because the header table must stay in sync with the peer: up to header_excess times the limits.
void ServerConnection::past_limit(ConnectionLimit limit) {
  block_.too_large = true;
  events_.on_limit(limit);
}

void ServerConnection::end_block(ByteWriter& out, TurnBudget& turn) {
  const StreamId id = block_.stream;
  block_.stream = 0;
  spend_block(turn);
  if (!decoder_.end()) return fail(Fault::BlockCutShort, out);
  switch (block_.fate) {
    case HeaderBlock::Fate::Ignore:
      return;
    case HeaderBlock::Fate::Refuse:
    case HeaderBlock::Fate::RefuseFree:
      return refuse_stream(id, out);
    case HeaderBlock::Fate::Deliver:
      return end_section(out);
  }
}

void ServerConnection::spend_block(TurnBudget& turn) const {
  turn.spend_block(block_.fields - (block_.restored ? known_.known_fields() : 0),
                   block_.field_bytes - (block_.restored ? known_.known_field_bytes() : 0));
}

void ServerConnection::end_section(ByteWriter& out) {
  Stream& stream = *current_;
  if (rules_.malformed()) return end_malformed_section(out);
  if (!block_.too_large && !rules_.complete()) {
    events_.on_malformed(stream, {}, FieldFault::None);
    return end_malformed_section(out);
  }
  if (!stream.headers_received) stream.content_length.declare(rules_.content_length());
  if (block_.ends_stream && !stream.content_length.reached()) {
    return stream_error(stream, ErrorCode::ProtocolError, out);  // RFC 9113 8.1.1
  }
  const bool too_large = block_.too_large;
  report_section(false);
  if (too_large) spend_reset(out);
}

void ServerConnection::end_malformed_section(ByteWriter& out) {
  if (!events_.answers_malformed(*current_)) return stream_error(*current_, ErrorCode::ProtocolError, out);
  report_section(true);
  spend_reset(out);
}

void ServerConnection::report_section(bool malformed) {
  Stream& stream = *current_;
  const bool trailers = std::exchange(stream.headers_received, true);
  stream.remote_closed = block_.ends_stream;
  events_.on_section_end(
      stream,
      {.trailers = trailers, .end_stream = block_.ends_stream, .too_large = block_.too_large, .malformed = malformed});
  if (current_ != nullptr && block_.ends_stream) half_close();
}

bool ServerConnection::send_headers(Stream& stream, Bytes block, bool end_stream, ByteWriter& out) {
  const std::uint8_t flags = end_stream ? kEndStream : 0;
  if (!size_update_sent_ || block.size() > settings_.max_frame_bytes()) {
    if (!send_in_frames(stream, block, flags, out)) return false;
  } else {
    if (out.room() < kFrameHeaderBytes + block.size() + kControlReserveBytes) return false;
    const auto size = static_cast<std::uint32_t>(block.size());
    write_frame_header(out, {size, FrameType::Headers, static_cast<std::uint8_t>(flags | kEndHeaders), stream.id});
    out.bytes(block);
  }
  provoked_.sent();
  if (end_stream) close_local(stream);
  return true;
}

// The first block begins with a size update: our encoder does not use the peer's table and announces this once, which satisfies
// RFC 7541 4.2 for all later SETTINGS. A block is cut into HEADERS and CONTINUATION only where the peer's frame size demands it
// (RFC 9113 6.10).
bool ServerConnection::send_in_frames(const Stream& stream, Bytes block, std::uint8_t flags, ByteWriter& out) {
  std::size_t update = size_update_sent_ ? 0 : 1;
  std::size_t left = block.size() + update;
  const std::size_t frames = 1 + left / settings_.max_frame_bytes();
  if (out.room() < left + frames * kFrameHeaderBytes + kControlReserveBytes) return false;

  ByteReader rest(block);
  for (FrameType type = FrameType::Headers; left != 0; type = FrameType::Continuation) {
    const std::size_t size = std::min<std::size_t>(left, settings_.max_frame_bytes());
    left -= size;
    if (left == 0) flags |= kEndHeaders;
    write_frame_header(out, {static_cast<std::uint32_t>(size), type, flags, stream.id});
    if (update != 0) hpack::Encoder(out).no_table();
    out.bytes(rest.take(size - update));
    update = 0;
    flags = 0;
  }
  size_update_sent_ = true;
  return true;
}

}  // namespace mote::http2
