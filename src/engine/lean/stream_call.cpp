#include "engine/lean/stream_call.h"

#include <algorithm>
#include <utility>

#include "engine/clock.h"
#include "engine/fixed_text.h"
#include "engine/lean/connection.h"
#include "engine/lean/monitor/call_metrics.h"
#include "engine/lean/plain_texts.h"
#include "engine/lean/progress.h"
#include "engine/refusals.h"
#include "grpc_http2/percent.h"
#include "hpack/encoder.h"
#include "http2/field_characters.h"

namespace mote::lean {

namespace {

using engine::LimitId;
using rpc::StatusCode;

// Shorter than any useful grpc-timeout. Without it, a peer with a grpc-timeout of 0 could reset at once for free.
constexpr Time kLeastAge = std::chrono::milliseconds(1);

constexpr std::string_view kKeptPath = ":path";  // The name under which an unknown path is kept with the metadata.

std::string_view error_text(std::uint16_t http_status) {
  switch (http_status) {
    case 404:
      return kNotFoundText;
    case 405:
      return kWrongVerbText;
#ifdef MOTE_TLS
    case 204:
      return {};
    case 403:
      return kForeignOriginText;
    case 421:
      return kForeignHostText;
#endif
    default:
      return kWrongContentTypeText;
  }
}

}  // namespace

StreamCall::StreamCall(Connection& connection)
    : connection_(connection), opened_at_(connection.core().now), message_at_(opened_at_) {
#ifdef MOTE_GZIP
  if (connection.core().gzip != nullptr) head_.allow_compression();
#endif
}

StreamCall::~StreamCall() {
  if (method_ != nullptr) rpc::close(*this, *method_);
  if (CallMetrics* const metrics = connection_.core().call_metrics) count_end(*metrics);
  BlockShare& share = connection_.share();
  message_.clear(share);
  kept_.clear(share);
  queued_.clear(share);
  replies_.clear(share);
  initial_.clear(share);
  trailing_.clear(share);
  while (metadata_ != nullptr)
    share.release(*std::exchange(metadata_, metadata_->next_block()));
  end_waiting();
  if (armed()) connection_.core().timers.disarm(*this);
}

// A call that its peer or its connection ends has no status of its own.
void StreamCall::count_end(CallMetrics& metrics) const {
  if (!counted_) return;
  metrics.note_end(served_method(), finished_ ? status_ : StatusCode::Cancelled, opened_at_, now());
}

void StreamCall::count_start() {
  CallMetrics* const metrics = connection_.core().call_metrics;
  if (metrics == nullptr || form_ == Form::Plain || counted_) return;
  counted_ = true;
  if (!metrics->note_start(served_method())) connection_.note_limit(LimitId::MetricsMethods);
}

const rpc::Method* StreamCall::served_method() const {
  return head_.path() == RequestHead::Path::Method ? head_.method() : nullptr;
}

// --- The head ---

void StreamCall::take_field(const hpack::HeaderField& field) {
  const Core& core = connection_.core();
  const WebSites* sites = connection_.serves_web ? &core.sites : nullptr;
  if (!head_.take(field, core.server.services, sites) || finished_) return;
  if (keep_field(field)) return;
  const bool small = rpc::Metadata::packed_size(field.name, field.value) <= BlockPool::kSmallBytes;
  out_of_memory(small ? BlockPool::kSmallBytes : BlockPool::kLargeBytes);
}

bool StreamCall::keep_field(const hpack::HeaderField& field) {
  const std::size_t size = rpc::Metadata::packed_size(field.name, field.value);
  if (metadata_last_ == nullptr || metadata_last_->tail().size() < size) {
    BlockShare& share = connection_.share();
    Block* block = size <= BlockPool::kSmallBytes ? share.take_small() : share.take_large();
    if (block == nullptr) return false;
    if (metadata_last_ == nullptr) {
      metadata_ = block;
    } else {
      metadata_last_->next = block;
    }
    metadata_last_ = block;
  }
  ByteWriter packed(metadata_last_->tail());
  (void)rpc::Metadata::pack(packed, field.name, field.value);  // A block has room for it.
  metadata_last_->fill(packed.size());
  return true;
}

void StreamCall::end_head(bool too_large) {
  begin(too_large);
  count_start();
}

void StreamCall::begin(bool too_large) {
  if (finished_) return begin_web();
  if (too_large) {
    begin_web();
    const auto text = engine::request_metadata_too_large(connection_.core().limits);
    return finish(StatusCode::ResourceExhausted, text.view());
  }
  if (refuse_head()) return;
  if (head_.timeout() == RequestHead::Timeout::Given) set_deadline();
  if (finished_) return;
#ifdef MOTE_TLS
  if (!permitted()) return;
#endif
  method_ = head_.method();
  rpc::open(*this, *method_);
}

void StreamCall::refuse_malformed(std::string_view reason, bool content_type) {
  if (finished_ || form_ == Form::Plain) return;
  malformed_ = true;
  content_type_malformed_ = content_type && head_.verb() == RequestHead::Verb::Post;
  finish(StatusCode::Internal, reason);
  count_start();
}

bool StreamCall::answers_malformed() const {
  return malformed_ && (head_.content_type_valid() || content_type_malformed_);
}

bool StreamCall::refuse_head() {
  using Verb = RequestHead::Verb;
  using Path = RequestHead::Path;
  const bool reading = head_.verb() == Verb::Get || head_.verb() == Verb::Head;
  if (reading && head_.path() == Path::Root) {
    refuse_plainly(200);
  } else if (reading && head_.path() == Path::Unknown) {
    refuse_plainly(404);
  } else if (head_.verb() != Verb::Post) {
    refuse_plainly(head_.verb() == Verb::Options ? preflight_status() : 405);
  } else if (const std::uint16_t status = head_.content_type_valid() ? 200 : begin_other_type(); status != 200) {
    refuse_plainly(status);
  } else if (!head_.te_trailers() && head_.content_type_valid()) {
    refuse(StatusCode::Internal, "\"te: trailers\" is missing: a proxy may discard trailers");
  } else if (head_.path() != Path::Method) {
    refuse_path();
  } else if (head_.timeout() == RequestHead::Timeout::Malformed) {
    refuse(StatusCode::Internal, "malformed grpc-timeout");
  }
  return finished_ || form_ == Form::Plain;
}

void StreamCall::refuse(StatusCode code, std::string_view message) {
  if (!finished_) charge_ = Charge::Own;
  finish(code, message);
}

void StreamCall::refuse_path() {
  const std::string_view path = metadata().find(kKeptPath).value_or("/");
  finish(StatusCode::Unimplemented, engine::unknown_path(server().services, path).view());
}

// The answer waits for the end of the request, so that errors in the rest of it are detected (RFC 9113 8.1.1).
void StreamCall::refuse_plainly(std::uint16_t http_status) {
  form_ = Form::Plain;
  window_due_ = true;
  http_status_ = http_status;
  if (http_status >= 400) charge_ = Charge::Own;
  message_due_ = now() + connection_.core().limits.message_timeout;
  arm();
}

void StreamCall::answer_plainly() {
  finished_ = true;
  message_due_ = kNever;
  // Without memory for the text, the answer is the status alone.
  std::string_view text = http_status_ == 200 ? connection_.core().page.text() : error_text(http_status_);
  if (head_.verb() == RequestHead::Verb::Head) text = {};
  (void)replies_.append(connection_.share(), as_bytes(text));
}

// --- rpc::Call ---

const rpc::Server& StreamCall::server() const {
  return connection_.core().server;
}

rpc::Peer StreamCall::peer() const {
  rpc::Peer peer = connection_.identity();
  peer.set_address(connection_.peer().view());
#ifdef MOTE_TLS
  peer.token_name = bearer().name;
#endif
  return peer;
}

rpc::Metadata StreamCall::metadata() const {
  return rpc::Metadata(metadata_);
}

std::optional<mote_bytes> StreamCall::keep(const mote_bytes& bytes) {
  const std::size_t offset = kept_.size();
  mote_bytes rest = bytes;
  if (!kept_.reserve(connection_.share(), mote_bytes_size(&bytes))) {
    out_of_memory(mote_bytes_size(&bytes));
    return std::nullopt;
  }
  for (mote_stretch piece = mote_bytes_take(&rest); piece.size != 0; piece = mote_bytes_take(&rest)) {
    (void)kept_.append(connection_.share(), {piece.data, piece.size});  // Reserved above.
  }
  return mote_bytes{nullptr, kept_.pieces(), 0, offset, kept_.size() - offset};
}

bool StreamCall::add_initial_metadata(std::string_view name, std::string_view value) {
  return add_metadata(initial_, name, value);
}

bool StreamCall::add_trailing_metadata(std::string_view name, std::string_view value) {
  return add_metadata(trailing_, name, value);
}

// max-header-bytes also limits the metadata of a reply.
bool StreamCall::add_metadata(BlockQueue& encoded, std::string_view name, std::string_view value) {
  if (finished_) return false;
  if (!http2::name_allowed(name) || !http2::value_readable(value)) {
    finish(StatusCode::Internal, engine::kReplyMetadataMalformed);
    return false;
  }
  ByteWriter literal(connection_.core().compose_buffer);
  if (&encoded == &trailing_) {
    write_trailing(literal, name, http2::trimmed(value));
  } else {
    hpack::Encoder(literal).literal(name, http2::trimmed(value));
  }
  if (literal.overflowed() || encoded.size() + literal.size() > connection_.core().limits.max_header_bytes) {
    finish(StatusCode::ResourceExhausted, engine::kReplyMetadataTooLarge);
    return false;
  }
  // With HPACK a few bytes of the client may cause kilobytes of these.
  connection_.core().turn.spend_block(0, static_cast<std::uint32_t>(literal.size()));
  if (encoded.append(connection_.share(), literal.written())) return true;
  out_of_memory(literal.size());
  return false;
}

bool StreamCall::congested() const {
  const bool congested = !replies_.empty() || connection_.out_full();
  held_back_ = held_back_ || congested;
  return congested;
}

void StreamCall::finish(StatusCode code, std::string_view message) {
  if (finished_) return;
  finished_ = true;
  status_ = code;
  wake_ = kNever;
  message_due_ = kNever;
  if (!message.empty()) set_message(message);
}

void StreamCall::set_message(std::string_view message) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): written before it is read
  std::array<std::uint8_t, 3 * rpc::kStatusMessageBytes> encoded;
  ByteWriter out(encoded);
  grpc_http2::percent_encode(out, rpc::sent_message(message));
  ByteWriter literal(connection_.core().compose_buffer);
  write_trailing(literal, "grpc-message", as_text(out.written()));
  message_lost_ = !trailing_.append(connection_.share(), literal.written());
}

bool StreamCall::queue(Bytes bytes) {
  if (finished_) return false;
  if (queued_.append(connection_.share(), bytes)) return true;
  out_of_memory(bytes.size());
  return false;
}

std::size_t StreamCall::take_queued(MutableBytes to) {
  return queued_.move_to(connection_.share(), to);
}

Time StreamCall::now() const {
  return connection_.core().now;
}

std::uint64_t StreamCall::unix_us() const {
  const Core& core = connection_.core();
  if (core.unix_start == Time::zero()) return engine::wall_clock_us();
  return static_cast<std::uint64_t>((core.unix_start + core.now).count());
}

std::uint64_t StreamCall::received_unix_us() const {
  if (connection_.core().unix_start != Time::zero()) return unix_us();
  return engine::wall_clock_us() - static_cast<std::uint64_t>((engine::steady_clock() - now()).count());
}

void StreamCall::wake_at(Time time) {
  wake_ = time;
  arm();
}

void StreamCall::out_of_memory(std::size_t bytes) {
  refuse_for_memory(connection_.limit_on_blocks(bytes));
}

void StreamCall::refuse_for_memory(LimitId limit) {
  connection_.note_limit(limit);
  if (!finished_) charge_ = Charge::Shared;
  finish(StatusCode::ResourceExhausted, engine::buffers_exhausted(limit, connection_.core().limits).view());
}

// --- Time ---

void StreamCall::arm() {
  connection_.core().timers.arm(*this, std::min({deadline_, wake_, message_due_, stall_due_}));
}

void StreamCall::set_deadline() {
  constexpr std::uint64_t kLongestUs = std::uint64_t{1} << 61U;
  deadline_ = now() + Time(static_cast<Time::rep>(std::min(head_.timeout_us(), kLongestUs)));
  if (head_.timeout_us() == 0) return expire("the deadline had passed when the call arrived");
  arm();
}

// Replies that are not sent yet would arrive after the deadline.
void StreamCall::expire(std::string_view message) {
  deadline_ = kNever;
  end_unserved(StatusCode::DeadlineExceeded, message);
}

void StreamCall::end_unserved(StatusCode code, std::string_view message) {
#ifdef MOTE_TLS
  cut_short_ = cut_short_ || content_.within_message(replies_);
#endif
  replies_.clear(connection_.share());
  finish(code, message);
}

void StreamCall::reserve() {
  reserved_ = true;
  message_due_ = now() + connection_.core().limits.message_timeout;
  arm();
}

std::size_t StreamCall::held_bytes() const {
  std::size_t metadata = 0;
  for (const Block* block = metadata_; block != nullptr; block = block->next_block())
    metadata += block->storage.size();
  return metadata + message_.capacity() + kept_.capacity() + queued_.capacity() + replies_.capacity();
}

Time StreamCall::idle_since() const {
  constexpr Time kLongDeadline = std::chrono::hours(24);
  const bool bounded = deadline_ != kNever && deadline_ - now() <= kLongDeadline;
  const bool other_limit = finished_ || stall_due_ != kNever || message_due_ != kNever;
  return bounded || other_limit ? now() : message_at_;
}

// The calls of a connection share its rate: each needs its part of min-progress-bytes.
void StreamCall::extend(Time& due, std::size_t bytes, Time timeout) {
  due = extended(due, bytes * connection_.open_calls(), timeout, connection_.core().limits, now());
  slow_ = true;
}

bool StreamCall::young() const {
  const Time age = now() - opened_at_;
  if (age >= connection_.core().limits.early_reset) return false;
  if (head_sent_ && age > Time::zero()) return false;
  if (status_ == StatusCode::DeadlineExceeded) return false;
  return deadline_ == kNever || age < std::max(kLeastAge, (deadline_ - opened_at_) / 2);
}

void StreamCall::on_due() {
  connection_.on_call_due(*this);
}

bool StreamCall::act_on_time() {
  if (stalled()) return false;
  if (deadline_ <= now()) {
    if (finished_) return false;
    expire("deadline exceeded");
  } else if (message_due_ <= now() && memory_link.linked) {
    refuse_for_memory(limit_on_admission());
  } else if (message_due_ <= now() && !replies_.empty() && receive_window_bytes <= 0) {
    // The message cannot go on: its window opens when the replies are sent, which write-stall-ms bounds.
    message_due_ = now() + connection_.core().limits.message_timeout;
  } else if (message_due_ <= now()) {
    connection_.note_limit(LimitId::MessageTimeout);
    if (slow_) connection_.note_limit(LimitId::MinProgressBytes);
    if (form_ == Form::Plain) {
      answer_plainly();
    } else {
      expire("message not ended in time");
    }
  } else if (wake_ <= now()) {
    wake_ = kNever;
    ready();
  }
  arm();
  return true;
}

void StreamCall::ready() {
  held_back_ = false;
  if (method_ != nullptr) rpc::ready(*this, *method_);
}

}  // namespace mote::lean
