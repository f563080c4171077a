// Header blocks: HEADERS and CONTINUATION (RFC 9113 4.3, 6.2, 6.10).
#include <algorithm>
#include <utility>

#include "http2/server/server_connection.h"

namespace mote::http2 {

namespace {

// Of a header block that may come again.
constexpr std::size_t kMostRememberedBytes = 255;

}  // namespace

void ServerConnection::begin_headers(ByteReader& in, ByteWriter& out) {
  if (!take_pad_length(in, out)) return;
  const bool depends_on_itself = has(frame_, kPriority) && read_dependency(in) == frame_.stream;
  block_stream_ = frame_.stream;
  block_ends_stream_ = has(frame_, kEndStream);
  block_ = Block::Ignore;
  block_frames_ = 1;
  block_fields_ = 0;
  block_field_bytes_ = 0;
  too_large_ = false;
  request_begins_ = false;
  begin_request(out);
  if (depends_on_itself && current_ != nullptr) refuse_section(out);
  if (!failed()) decoder_.begin();
}

void ServerConnection::begin_request(ByteWriter& out) {
  const StreamId id = frame_.stream;
  if (id % 2 == 0) return fail(Fault::EvenId, out);
  if (id <= last_peer_stream_) return begin_trailers(out);

  if (id > last_peer_stream_ + 2) ids_passed_over_ = true;
  last_peer_stream_ = id;
  if (id > goaway_last_) {
    if (!provoked_.take_late_stream()) return spend_idle_frame(out);
    if (!block_ends_stream_) provoked_.ended_early(initial_receive_window(), limits_.streams);
    return;
  }
  if (stream_count_ >= limits_.streams) {
    // A peer that has not seen our SETTINGS does not know the limit.
    block_ = settings_acknowledged_ ? Block::Refuse : Block::RefuseFree;
    return events_.on_limit(ConnectionLimit::Streams);
  }
  Stream* stream = events_.open_stream(id);
  if (stream == nullptr) {
    block_ = Block::RefuseFree;
    return;
  }
  *stream = Stream{.id = id};
  link(*stream);
  begin_section(*stream, SectionKind::Request);
  request_begins_ = true;
}

// For a stream that depends on itself (RFC 7540 5.3.1). The block is still decoded.
void ServerConnection::refuse_section(ByteWriter& out) {
  request_begins_ = false;
  refuse(*current_, ErrorCode::ProtocolError, out);
}

// A field section on a stream that has had its first one, or is closed.
void ServerConnection::begin_trailers(ByteWriter& out) {
  Stream* stream = events_.find_stream(frame_.stream);
  if (stream == nullptr) {
    if (idle(frame_.stream)) return fail(Fault::IdleHeaders, out);
    if (take_reset_by_peer(frame_.stream)) return refuse_closed(frame_.stream, ErrorCode::StreamClosed, out);
    if (reset_by_us(frame_.stream)) {
      if (!provoked_.take_late_trailers()) spend_idle_frame(out);
      return;
    }
    // An id that was passed over is closed too, and an error of another kind (RFC 9113 5.1.1).
    return fail(ids_passed_over_ ? Fault::PassedOverHeaders : Fault::ClosedHeaders, out);
  }
  if (stream->remote_closed) return refuse(*stream, ErrorCode::StreamClosed, out);
  if (!block_ends_stream_) return refuse(*stream, ErrorCode::ProtocolError, out);  // RFC 9113 8.1
  begin_section(*stream, SectionKind::Trailers);
}

void ServerConnection::begin_section(Stream& stream, SectionKind kind) {
  current_ = &stream;
  block_ = Block::Deliver;
  rules_.begin(kind);
}

void ServerConnection::begin_continuation(ByteWriter& out) {
  if (++block_frames_ <= limits_.header_frames) return;
  events_.on_limit(ConnectionLimit::HeaderFrames);
  fail(Fault::HeaderFrames, out);
}

bool ServerConnection::decode(Bytes piece, MutableBytes scratch) {
  if (std::exchange(request_begins_, false)) return decode_head(piece, scratch);
  return decoder_.feed(piece, scratch, *this);
}

bool ServerConnection::decode_head(Bytes piece, MutableBytes scratch) {
  hpack::DynamicTable& table = decoder_.table();
  const bool current = known_.table_generation == table.generation();
  const Bytes last = Bytes(table.spare(0)).first(current ? known_.block_size : 0);
  const auto differs = std::mismatch(piece.begin(), piece.end(), last.begin(), last.end());
  const auto common = static_cast<std::size_t>(differs.first - piece.begin());
  const bool same = common == piece.size() && common == last.size();

  std::size_t size = known_.known_size;
  if (!current || size == 0 || common < size || (same && size < common)) {
    size = hpack::Decoder::repeatable_bytes(piece.first(common));
    if (!learn_fields(piece.first(size), scratch)) return false;
  } else {
    block_fields_ = known_.fields;
    block_field_bytes_ = known_.field_bytes;
    rules_ = known_.rules;
    decoder_.pass_over_fields();
    events_.on_known_fields(*current_);
  }
  if (!same) remember_block(piece);
  return decoder_.feed(piece.subspan(size), scratch, *this);
}

bool ServerConnection::learn_fields(Bytes fields, MutableBytes scratch) {
  known_.known_size = 0;
  if (!decoder_.feed(fields, scratch, *this)) return false;
  if (fields.empty() || !deliverable() || rules_.malformed() || !events_.keep_fields(*current_)) return true;
  known_.rules = rules_;
  known_.field_bytes = block_field_bytes_;
  known_.fields = static_cast<std::uint8_t>(block_fields_);
  known_.known_size = static_cast<std::uint8_t>(fields.size());
  return true;
}

// As much of it as there is room for.
void ServerConnection::remember_block(Bytes block) {
  hpack::DynamicTable& table = decoder_.table();
  const MutableBytes spare = table.spare(block.size());
  const std::size_t size = std::min({block.size(), spare.size(), kMostRememberedBytes});
  std::copy_n(block.begin(), size, spare.begin());
  known_.block_size = static_cast<std::uint8_t>(size);
  known_.table_generation = table.generation();
}

void ServerConnection::on_field(const hpack::HeaderField& field) {
  block_field_bytes_ +=
      static_cast<std::uint32_t>(field.name.size() + field.value.size() + hpack::DynamicTable::kEntryOverhead);
  ++block_fields_;
  if (!deliverable()) return;
  if (block_field_bytes_ > limits_.header_bytes) return past_limit(ConnectionLimit::HeaderBytes);
  if (block_fields_ > limits_.header_fields) return past_limit(ConnectionLimit::HeaderFields);
  const bool malformed = rules_.malformed();
  hpack::HeaderField taken = field;
  if (rules_.accept(taken)) return events_.on_field(*current_, taken);
  if (!malformed) events_.on_malformed(*current_, field.name, rules_.fault());
}

void ServerConnection::on_oversized_field() {
  if (deliverable()) past_limit(ConnectionLimit::HeaderBytes);
}

// The block is decoded to its end all the same: the header table must stay what the peer takes it for.
void ServerConnection::past_limit(ConnectionLimit limit) {
  too_large_ = true;
  events_.on_limit(limit);
}

void ServerConnection::end_block(ByteWriter& out) {
  const StreamId id = block_stream_;
  block_stream_ = 0;
  if (!decoder_.end()) return fail(Fault::BlockCutShort, out);
  switch (block_) {
    case Block::Ignore:
      return;
    case Block::Refuse:
    case Block::RefuseFree:
      return refuse_stream(id, out);
    case Block::Deliver:
      return end_section(out);
  }
}

void ServerConnection::refuse_stream(StreamId id, ByteWriter& out) {
  write_rst_stream(out, id, ErrorCode::RefusedStream);
  provoked_.sent();
  if (!block_ends_stream_) forget_early(id, initial_receive_window());
  if (block_ == Block::RefuseFree) {
    if (refusals_.spend()) return;
    events_.on_limit(ConnectionLimit::Refusals);
  }
  spend_reset(out);
}

void ServerConnection::end_section(ByteWriter& out) {
  Stream& stream = *current_;
  if (rules_.malformed()) return end_malformed_section(out);
  if (!too_large_ && !rules_.complete()) {
    events_.on_malformed(stream, {}, FieldFault::None);
    return end_malformed_section(out);
  }
  if (!stream.headers_received) stream.declared_bytes_left = rules_.content_length();
  if (block_ends_stream_ && stream.declared_bytes_left > 0) {
    return refuse(stream, ErrorCode::ProtocolError, out);  // RFC 9113 8.1.1
  }
  report_section(false);
}

void ServerConnection::end_malformed_section(ByteWriter& out) {
  if (!events_.answers_malformed(*current_)) return refuse(*current_, ErrorCode::ProtocolError, out);
  report_section(true);
  spend_reset(out);
}

void ServerConnection::report_section(bool malformed) {
  Stream& stream = *current_;
  const bool trailers = std::exchange(stream.headers_received, true);
  stream.remote_closed = block_ends_stream_;
  events_.on_section_end(
      stream,
      {.trailers = trailers, .end_stream = block_ends_stream_, .too_large = too_large_, .malformed = malformed});
  if (current_ != nullptr && block_ends_stream_) half_close();
}

}  // namespace mote::http2
