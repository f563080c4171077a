#include "engine/lean/monitor/web_call.h"

#include <algorithm>
#include <array>
#include <utility>

#include "bytes/letter_case.h"
#include "bytes/words.h"
#include "engine/clock.h"
#include "engine/lean/monitor/call_metrics.h"
#include "engine/lean/monitor/numbers.h"
#include "engine/lean/queue_sink.h"
#include "engine/refusals.h"
#ifdef MOTE_TLS
#include "engine/lean/access.h"
#endif
#include "grpc_http2/message_framing.h"
#include "grpc_http2/percent.h"
#include "grpc_http2/timeout.h"
#include "grpc_web/base64.h"
#include "grpc_web/trailers.h"
#include "http1/http_request.h"
#include "http2/field_characters.h"
#include "http2/field_rules.h"

namespace mote::lean {

namespace {

using rpc::StatusCode;

constexpr std::size_t kPrefixBytes = grpc_http2::kMessagePrefixBytes;

// Fields of HTTP/1.1 and of browsers, which are no metadata of the caller.
bool is_of_browser(std::string_view name) {
  return name.starts_with("sec-") || name.starts_with("accept") ||
         has_word("host connection origin referer cookie x-grpc-web x-user-agent", name);
}

}  // namespace

WebCall::WebCall(Core& core, Timer& timer, const WebRequest& request)
    : core_(core),
      timer_(timer),
      share_(core.blocks, core.blocks_aside, core.addresses.exempt_row(), core.limits.connection_buffer_bytes, 0),
      method_(request.method),
      opened_at_(core.now),
      format_(request.format) {
  if (core.call_metrics != nullptr) core.call_metrics->note_start(method_);
}

WebCall::~WebCall() {
  if (open_ != nullptr) rpc::close(*this, *open_);
  if (core_.call_metrics != nullptr) {
    core_.call_metrics->note_end(method_, finished_ ? status_ : StatusCode::Cancelled, opened_at_, core_.now);
  }
  for (BlockQueue* one : {&initial_, &trailing_, &kept_, &queued_, &replies_})
    one->clear(share_);
  if (metadata_ != nullptr) share_.release(*metadata_);
}

void WebCall::start(const WebRequest& request, MutableBytes content) {
  if (method_ == nullptr) return finish(StatusCode::Unimplemented, "the gateway does not serve this method");
  if (rpc::streams_requests(method_->kind)) return finish(StatusCode::Unimplemented, kNoRequestStreams);
  if (!request.timeout.empty()) {
    const std::optional<std::uint64_t> timeout = grpc_http2::parse_timeout_us(request.timeout);
    if (!timeout) return finish(StatusCode::Internal, "malformed grpc-timeout");
    constexpr std::uint64_t kLongestUs = std::uint64_t{1} << 61U;
    deadline_ = now() + Time(static_cast<Time::rep>(std::min(*timeout, kLongestUs)));
  }
  keep_metadata(request.fields);
  if (format_ == grpc_web::Format::Text) {
    grpc_web::Base64Decoder decoder;
    ByteWriter decoded(content);
    if (!decoder.decode(content, decoded) || !decoder.complete()) finish(StatusCode::Internal, kNotBase64);
    content = content.first(decoded.size());
  }
  if (finished_) return;
#ifdef MOTE_TLS
  // The listener has no TLS, so a token would be no proof: only rules for every caller count.
  if (core_.access != nullptr && core_.access->restricts() && !core_.access->permits(peer(), method_->path))
    return finish(StatusCode::Unauthenticated, "gRPC-Web has no identity, and this method needs one");
#endif
  open_ = method_;
  rpc::open(*this, *open_);
  take_message(content);
}

void WebCall::take_message(Bytes content) {
  if (content.empty()) return rpc::receive_half_close(*this, *open_);
  ByteReader in(content);
  const std::uint8_t flag = in.take_u8();
  const std::uint32_t size = in.take_u32();
  if (content.size() < kPrefixBytes || size != in.remaining()) {
    return finish(StatusCode::Internal, "the content is not one message with its prefix");
  }
  if (flag == 1) return finish(StatusCode::Unimplemented, "compressed messages are not supported");
  if (flag != 0) return finish(StatusCode::Internal, "the first byte of a message is neither 0 nor 1");
  const mote_piece whole{nullptr, in.rest().data(), in.remaining()};
  rpc::receive_message(*this, *open_, &whole, size);
  rpc::receive_half_close(*this, *open_);
}

void WebCall::go_on() {
  if (finished_) return;
  if (deadline_ <= now()) {
    if (!content_.within_message(replies_)) replies_.clear(share_);
    return finish(StatusCode::DeadlineExceeded, "deadline exceeded");
  }
  if (wake_ <= now()) wake_ = kNever;
  held_back_ = false;
  rpc::ready(*this, *open_);
}

// --- The request ---

void WebCall::keep_metadata(std::string_view fields) {
  while (!fields.empty()) {
    if (keep_field(http1::take_line(fields))) continue;
    return finish(StatusCode::ResourceExhausted, "the metadata of a gRPC-Web request exceeds 1024 bytes");
  }
}

bool WebCall::keep_field(std::string_view line) {
  std::array<char, 64> lower{};
  const std::size_t colon = line.find(':');
  if (colon >= lower.size()) return true;  // Longer names are no metadata that mote knows.
  std::transform(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), lower.begin(), lower_case);
  const std::string_view name(lower.data(), colon);
  if (is_of_browser(name) || !http2::is_custom_metadata(name) || !http2::name_allowed(name)) return true;
  if (metadata_ == nullptr) metadata_ = share_.take_small();
  if (metadata_ == nullptr) return refuse_for_memory();
  ByteWriter packed(metadata_->tail());
  if (!rpc::Metadata::pack(packed, name, http2::trimmed(line.substr(colon + 1)))) return false;
  metadata_->fill(packed.size());
  return true;
}

std::optional<mote_bytes> WebCall::keep(const mote_bytes& bytes) {
  const std::size_t offset = kept_.size();
  mote_bytes rest = bytes;
  if (!kept_.reserve(share_, mote_bytes_size(&bytes))) {
    refuse_for_memory();
    return std::nullopt;
  }
  for (mote_stretch piece = mote_bytes_take(&rest); piece.size != 0; piece = mote_bytes_take(&rest)) {
    (void)kept_.append(share_, {piece.data, piece.size});  // Reserved above.
  }
  return mote_bytes{nullptr, kept_.pieces(), 0, offset, kept_.size() - offset};
}

std::uint64_t WebCall::unix_us() const {
  return engine::wall_clock_us();
}

std::uint64_t WebCall::received_unix_us() const {
  return engine::wall_clock_us() - microseconds(engine::steady_clock() - now());
}

// --- The reply ---

bool WebCall::add_metadata(BlockQueue& to, std::string_view name, std::string_view value) {
  if (finished_) return false;
  if (!http2::name_allowed(name) || !http2::value_readable(value)) {
    finish(StatusCode::Internal, engine::kReplyMetadataMalformed);
    return false;
  }
  value = http2::trimmed(value);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): written before it is read
  std::array<std::uint8_t, kMostInitialBytes> buffer;
  ByteWriter line(MutableBytes(buffer).first(kMostInitialBytes - to.size()));
  grpc_web::write_line(line, name, value);
  if (line.overflowed()) {
    finish(StatusCode::ResourceExhausted, "the metadata of a gRPC-Web reply exceeds 1024 bytes");
    return false;
  }
  return to.append(share_, line.written()) || refuse_for_memory();
}

bool WebCall::add_initial_metadata(std::string_view name, std::string_view value) {
  return add_metadata(initial_, name, value);
}

bool WebCall::add_trailing_metadata(std::string_view name, std::string_view value) {
  return add_metadata(trailing_, name, value);
}

bool WebCall::send(const pb_msgdesc_t* fields, const void* message) {
  if (finished_) return false;
  const codec::EncodeResult encoded = codec::encoded_size(fields, message);
  if (!encoded.ok()) {
    finish(StatusCode::Internal, encoded.reason);
    return false;
  }
  if (!replies_.reserve(share_, kPrefixBytes + encoded.size)) return refuse_for_memory();
  std::array<std::uint8_t, kPrefixBytes> prefix{};
  ByteWriter prefix_out(prefix);
  grpc_http2::write_message_prefix(prefix_out, static_cast<std::uint32_t>(encoded.size));
  const codec::EncodeResult appended = append_message(replies_, share_, prefix, encoded.size, fields, message);
  if (!appended.ok()) finish(StatusCode::Internal, appended.reason);
  return appended.ok();
}

bool WebCall::congested() const {
  held_back_ = held_back_ || !replies_.empty();
  return !replies_.empty();
}

bool WebCall::queue(Bytes bytes) {
  return !finished_ && (queued_.append(share_, bytes) || refuse_for_memory());
}

void WebCall::finish(StatusCode code, std::string_view message) {
  if (finished_) return;
  finished_ = true;
  status_ = code;
  wake_ = deadline_ = kNever;
  if (message.empty()) return;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): written before it is read
  std::array<std::uint8_t, 3 * rpc::kStatusMessageBytes + 24> line;
  ByteWriter out(line);
  out.text("grpc-message: ");
  grpc_http2::percent_encode(out, rpc::sent_message(message));
  out.text("\r\n");
  (void)trailing_.append(share_, out.written());  // Without memory for it, the status comes alone.
}

bool WebCall::refuse_for_memory() {
  finish(StatusCode::ResourceExhausted, engine::buffers_exhausted(engine::LimitId::BufferBytes, core_.limits).view());
  return false;
}

void WebCall::write_initial(ByteWriter& head) {
  head.advance(initial_.move_to(share_, head.tail()));
}

std::size_t WebCall::take_output(MutableBytes to) {
  WebContent::Source source{.share = share_, .messages = replies_, .trailing = trailing_};
  if (finished_) source.status = status_;
  return content_.take(source, format_, to);
}

}  // namespace mote::lean
