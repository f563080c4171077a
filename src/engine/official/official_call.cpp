#include "engine/official/official_call.h"

#include <grpc/grpc.h>
#include <grpc/support/time.h>

#include <algorithm>
#include <string_view>

#include "engine/clock.h"
#include "engine/limit_log.h"
#include "engine/log.h"
#include "engine/official/official_message.h"
#include "engine/refusals.h"

namespace mote::official {

namespace {

using engine::LimitId;
using rpc::StatusCode;

// When this many bytes of replies wait, a call is congested, and the engine reads no more of its request. Only one write is
// in progress at a time, so the library puts several replies into one packet only if they wait.
constexpr std::size_t kAheadBytes = std::size_t{16} * 1024;

}  // namespace

void Core::request_call() {
  calls.emplace_front(*this);
  calls.front().request(calls.begin());
}

void Core::note_limit(LimitId id, std::string_view peer) {
  const std::uint64_t count = counters.add(id);
  if (engine::logs_limit(count)) engine::log_limit(id, count, peer);
}

OfficialCall::OfficialCall(Core& core) : core_(core), stream_(&context_) {
}

OfficialCall::~OfficialCall() {
  close_handler();
  core_.held_bytes -= held_bytes_;
}

void OfficialCall::request(std::list<OfficialCall>::iterator self) {
  self_ = self;
  // Its tag is returned only for a call that has arrived, so on_requested() counts it.
  context_.AsyncNotifyWhenDone(&done_event_);
  ++tags_;
  core_.service.RequestCall(&context_, &stream_, core_.queue, core_.queue, &requested_event_);
}

// --- Events ---

void OfficialCall::on_requested(bool ok) {
  --tags_;
  if (!ok) {
    stage_ = Stage::Over;  // The server shuts down.
    return end_event();
  }
  ++tags_;
  core_.request_call();
  begin();
  end_event();
}

// The library writes "ipv4:192.0.2.7:40012", "ipv6:%5B2001:db8::7%5D:40012" or "unix:". It has no users of Unix sockets.
rpc::Peer OfficialCall::peer() const {
  std::string address = context_.peer();
  for (const std::string_view scheme : {"ipv4:", "ipv6:"}) {
    if (address.starts_with(scheme)) address.erase(0, scheme.size());
  }
  for (const auto& [escaped, bracket] : {std::pair("%5B", "["), std::pair("%5D", "]")}) {
    const std::size_t at = address.find(escaped);
    if (at != std::string::npos) address.replace(at, std::string_view(escaped).size(), bracket);
  }
  rpc::Peer peer;
  peer.set_address(address);
  return peer;
}

void OfficialCall::on_read(bool ok) {
  --tags_;
  reading_ = false;
  request_ended_ = !ok;
  if (stage_ != Stage::Open || method_ == nullptr) return end_event();
  if (ok) {
    message_at_ = core_.now;
    const OfficialMessage pieces(request_);
    if (pieces.valid()) {
      rpc::receive_message(*this, *method_, pieces.first(), pieces.size());
    } else {
      finish(StatusCode::Internal, "the request message cannot be read");
    }
  } else if (grpc_call_failed_before_recv_message(context_.c_call()) == 0) {
    // The half-close of the client, unless an error occurred before; then on_done() follows.
    rpc::receive_half_close(*this, *method_);
  }
  request_.Clear();
  end_event();
}

void OfficialCall::on_written(bool /*ok*/) {
  --tags_;
  writing_ = false;
  head_sent_ = true;
  const std::size_t bytes = replies_.front().Length();
  replies_.pop_front();
  replies_bytes_ -= bytes;
  release_bytes(bytes);
  if (held_back_ && replies_bytes_ < kAheadBytes) ready();
  end_event();
}

void OfficialCall::on_finished(bool /*ok*/) {
  --tags_;
  end_event();
}

// The last byte is sent, or the peer, a deadline or the connection has ended the call.
void OfficialCall::on_done(bool /*ok*/) {
  --tags_;
  stage_ = Stage::Over;
  --core_.open;
  close_handler();
  if (alarm_set_) alarm_->Cancel();
  end_event();
}

void OfficialCall::on_alarm(bool /*ok*/) {
  --tags_;
  alarm_set_ = false;
  if (stage_ == Stage::Open && wake_ <= core_.now) {
    wake_ = rpc::Time::max();
    ready();
  }
  arm();
  end_event();
}

void OfficialCall::end_event() {
  proceed();
  if (stage_ == Stage::Over && tags_ == 0) core_.calls.erase(self_);
}

// --- The request ---

void OfficialCall::begin() {
  stage_ = Stage::Open;
  message_at_ = core_.now;
  ++core_.open;
  refuse_or_open();
}

void OfficialCall::refuse_or_open() {
  const bool check = context_.method() == engine::kHealthCheckPath;
  if (core_.open > core_.limits.max_streams + (check ? core_.limits.reserved_streams : 0)) {
    core_.note_limit(LimitId::MaxStreams, context_.peer());
    return finish(StatusCode::Unavailable, "max-streams calls are open");
  }
  const bool too_many = context_.client_metadata().size() > core_.limits.max_header_fields;
  const auto taken = too_many ? OfficialMetadata::Taken::TooLarge : metadata_.take(context_.client_metadata());
  if (taken == OfficialMetadata::Taken::Malformed) return refuse_malformed();
  if (taken == OfficialMetadata::Taken::TooLarge) {
    core_.note_limit(LimitId::MaxHeaderFields, context_.peer());
    return finish(StatusCode::ResourceExhausted, engine::request_metadata_too_large(core_.limits).view());
  }
  method_ = core_.server.services.find_method(context_.method());
  if (method_ == nullptr) {
    return finish(StatusCode::Unimplemented, engine::unknown_path(core_.server.services, context_.method()).view());
  }
  rpc::open(*this, *method_);
}

void OfficialCall::refuse_malformed() {
  engine::LogLine(engine::LogLevel::Warn, "malformed-request")
      .field("peer", context_.peer())
      .field("reason", engine::reason_of(metadata_.fault()))
      .field("field", metadata_.malformed());
  finish(StatusCode::Internal, engine::malformed_request(metadata_.malformed(), metadata_.fault()).view());
}

void OfficialCall::close_handler() {
  if (method_ == nullptr) return;
  rpc::close(*this, *method_);
  method_ = nullptr;
}

// --- Operations of the library ---

void OfficialCall::proceed() {
  if (stage_ != Stage::Open) return;
  if (!writing_ && !status_sent_) write();
  if (!reading_ && !request_ended_ && !finished_ && replies_bytes_ < kAheadBytes) read();
}

void OfficialCall::write() {
  const bool last = finished_ && replies_.size() <= 1;
  if (replies_.empty() && !last) return;
  const ::grpc::Status status(static_cast<::grpc::StatusCode>(status_), status_message_);
  written_at_ = core_.now;
  message_at_ = core_.now;
  ++tags_;
  if (replies_.empty()) {
    status_sent_ = true;
    stream_.Finish(status, &finished_event_);
  } else if (last && status.ok()) {
    // The reply and its trailers in one operation, which the library allows only for OK.
    writing_ = status_sent_ = true;
    stream_.WriteAndFinish(replies_.front(), ::grpc::WriteOptions(), status, &written_event_);
  } else {
    writing_ = true;
    ::grpc::WriteOptions options;
    // The next reply follows at once. Not after the head: the library would delay both and send nothing.
    if (replies_.size() > 1 && head_sent_) options.set_buffer_hint();
    stream_.Write(replies_.front(), options, &written_event_);
  }
}

void OfficialCall::read() {
  reading_ = true;
  ++tags_;
  stream_.Read(&request_, &read_event_);
}

void OfficialCall::check_times() {
  if (stage_ != Stage::Open) return;
  if (writing_ || status_sent_) {
    if (core_.now - written_at_ < core_.limits.write_stall) return;
    core_.note_limit(LimitId::WriteStall, context_.peer());
    context_.TryCancel();
  } else if (idle()) {
    core_.note_limit(LimitId::CallIdleTimeout, context_.peer());
    finish(StatusCode::Unavailable, engine::kCallIdle);
    proceed();
  }
}

bool OfficialCall::idle() const {
  const rpc::Time longest = core_.limits.call_idle_timeout;
  if (longest == rpc::Time::zero() || finished_ || core_.now - message_at_ < longest) return false;
  constexpr auto kLongDeadline = std::chrono::hours(24);
  const auto deadline = context_.deadline();
  const auto now = std::chrono::system_clock::now();
  return deadline > now && deadline - now > kLongDeadline;
}

// --- rpc::Call ---

void OfficialCall::ready() {
  held_back_ = false;
  if (method_ == nullptr) return;
  rpc::ready(*this, *method_);
  proceed();
}

std::optional<mote_bytes> OfficialCall::keep(const mote_bytes& bytes) {
  const std::size_t size = mote_bytes_size(&bytes);
  if (!take_bytes(size)) return std::nullopt;
  Kept& kept = kept_.emplace_front();
  kept.bytes.resize(size);
  mote_bytes_copy(&bytes, kept.bytes.data(), size);
  kept.piece = {nullptr, kept.bytes.data(), size};
  return mote_bytes{nullptr, &kept.piece, 0, 0, size};
}

// buffer-bytes limits the memory of this engine, ResourceQuota that of the library.
bool OfficialCall::take_bytes(std::size_t bytes, bool always) {
  if (!always && core_.held_bytes + bytes > core_.limits.buffer_bytes) {
    core_.note_limit(LimitId::BufferBytes, context_.peer());
    finish(StatusCode::ResourceExhausted, engine::buffers_exhausted(LimitId::BufferBytes, core_.limits).view());
    return false;
  }
  held_bytes_ += bytes;
  core_.held_bytes += bytes;
  return true;
}

void OfficialCall::release_bytes(std::size_t bytes) {
  held_bytes_ -= bytes;
  core_.held_bytes -= bytes;
}

std::uint64_t OfficialCall::unix_us() const {
  return engine::wall_clock_us();
}

std::uint64_t OfficialCall::received_unix_us() const {
  return engine::wall_clock_us() - static_cast<std::uint64_t>((engine::steady_clock() - now()).count());
}

bool OfficialCall::add_initial_metadata(std::string_view name, std::string_view value) {
  std::string bytes;
  if (!prepare_metadata(initial_bytes_, name, value, bytes)) return false;
  context_.AddInitialMetadata(std::string(name), bytes);
  return true;
}

bool OfficialCall::add_trailing_metadata(std::string_view name, std::string_view value) {
  std::string bytes;
  if (!prepare_metadata(trailing_bytes_, name, value, bytes)) return false;
  context_.AddTrailingMetadata(std::string(name), bytes);
  return true;
}

// The limit of the request metadata also applies to the reply.
bool OfficialCall::prepare_metadata(std::size_t& bytes, std::string_view name, std::string_view value,
                                    std::string& out) {
  if (finished_) return false;
  bytes += rpc::Metadata::packed_size(name, value);
  if (bytes > core_.limits.max_header_bytes) {
    finish(StatusCode::ResourceExhausted, engine::kReplyMetadataTooLarge);
    return false;
  }
  std::optional<std::string> prepared = reply_value(name, value);
  if (!prepared) {
    finish(StatusCode::Internal, engine::kReplyMetadataMalformed);
    return false;
  }
  out = std::move(*prepared);
  return true;
}

bool OfficialCall::send(const pb_msgdesc_t* fields, const void* message) {
  if (finished_) return false;
  ::grpc::ByteBuffer encoded;
  const codec::EncodeResult result = encode(fields, message, encoded);
  if (!result.ok()) {
    finish(StatusCode::Internal, result.reason);
    return false;
  }
  // One reply per call is always accepted: the sum is bounded, because the number of calls is.
  if (!take_bytes(result.size, replies_.empty())) return false;
  replies_bytes_ += result.size;
  replies_.emplace_back().Swap(&encoded);
  return true;
}

bool OfficialCall::congested() const {
  const bool congested = replies_bytes_ >= kAheadBytes;
  held_back_ = held_back_ || congested;
  return congested;
}

void OfficialCall::finish(StatusCode code, std::string_view message) {
  if (finished_) return;
  finished_ = true;
  status_ = code;
  wake_ = rpc::Time::max();
  status_message_ = rpc::sent_message(message);
}

bool OfficialCall::queue(Bytes bytes) {
  if (finished_ || !take_bytes(bytes.size())) return false;
  queued_.insert(queued_.end(), bytes.begin(), bytes.end());
  return true;
}

std::size_t OfficialCall::take_queued(MutableBytes to) {
  const std::size_t size = std::min(to.size(), queued_.size());
  const auto end = queued_.begin() + static_cast<std::ptrdiff_t>(size);
  std::copy(queued_.begin(), end, to.begin());
  queued_.erase(queued_.begin(), end);
  release_bytes(size);
  return size;
}

void OfficialCall::wake_at(rpc::Time time) {
  wake_ = time;
  arm();
}

// Only one alarm is set at a time. One that is set for a later time is cancelled, and its event sets the right one.
void OfficialCall::arm() {
  if (wake_ == rpc::Time::max() || stage_ != Stage::Open) return;
  if (alarm_set_) {
    if (wake_ < alarm_at_) alarm_->Cancel();
    return;
  }
  if (!alarm_) alarm_.emplace();
  alarm_set_ = true;
  alarm_at_ = wake_;
  ++tags_;
  const rpc::Time wait = std::max(wake_ - core_.now, rpc::Time::zero());
  const gpr_timespec due = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(wait.count(), GPR_TIMESPAN));
  alarm_->Set(core_.queue, due, &alarm_event_);
}

}  // namespace mote::official
