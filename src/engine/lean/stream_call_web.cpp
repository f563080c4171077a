// gRPC-Web in StreamCall (PROTOCOL-WEB.md): a browser cannot send "te: trailers" or read trailers, and its text format is base64.
#include <algorithm>
#include <array>

#include "engine/lean/connection.h"
#include "engine/lean/stream_call.h"
#include "engine/log.h"
#include "grpc_web/cors.h"

namespace mote::lean {

namespace {

using rpc::StatusCode;

constexpr std::size_t kTextPartBytes = 1024;

}  // namespace

// --- The request ---

// What was encoded for a header block before the content type came is discarded.
void StreamCall::begin_web() {
  if (head_.web_format() == grpc_web::Format::None) return;
  form_ = head_.web_format() == grpc_web::Format::Text ? Form::WebText : Form::Web;
  trailing_.clear(connection_.share());
}

std::uint16_t StreamCall::begin_other_type() {
  begin_web();
  if (!is_web()) return 415;
  const bool streams = head_.path() == RequestHead::Path::Method && rpc::streams_requests(head_.method()->kind);
  const std::uint16_t status = status_for_page(200);
  if (status == 200 && streams) finish(StatusCode::Unimplemented, kNoRequestStreams);
  return status;
}

std::uint16_t StreamCall::preflight_status() const {
  return connection_.serves_web ? status_for_page(204) : 405;
}

// CORS alone does not protect: it only keeps a page from reading the answer.
std::uint16_t StreamCall::status_for_page(std::uint16_t allowed) const {
  const std::string_view origin = metadata().find("origin").value_or(std::string_view());
  const bool known = head_.host_known();
  if (known && connection_.core().sites.allows(origin)) return allowed;
  engine::LogLine(engine::LogLevel::Warn, "http-refused")
      .field("peer", connection_.peer().view())
      .field("reason", known ? "the Origin is foreign" : "the Host is foreign")
      .field("origin", origin);
  return known ? 403 : 421;
}

bool StreamCall::take_text(ByteReader& in) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): written before it is read
  std::array<std::uint8_t, kTextPartBytes> buffer;
  ByteWriter decoded(buffer);
  if (!text_.decode(in.take(std::min(in.remaining(), kTextPartBytes)), decoded)) {
    refuse(StatusCode::Internal, kNotBase64);
  }
  ByteReader message(decoded.written());
  while (!finished_ && !message.empty())
    (void)take_message(message);
  return !finished_;
}

// --- The reply ---

void StreamCall::add_page_fields(hpack::Encoder& encoder) const {
  const auto add = [&encoder](std::string_view name, std::string_view value) { encoder.literal(name, value); };
  const rpc::Metadata fields = metadata();
  const std::string_view origin = fields.find("origin").value_or(std::string_view());
  if (!origin.empty() && connection_.core().sites.allows(origin)) grpc_web::allow_reading(origin, add);
  if (http_status_ != 204) return;
  grpc_web::allow_calls(fields.find("access-control-request-headers").value_or(std::string_view()), add);
}

// At once, so that the call is not congested() by its own message.
bool StreamCall::send_text(const pb_msgdesc_t* fields, const void* message) {
  if (send_later(fields, message) != Sent::Yes) return false;
  (void)send_web(false);
  return true;
}

bool StreamCall::send_web(bool last) {
  if (cut_short_) return connection_.out().room() >= http2::kFrameHeaderBytes + http2::kControlReserveBytes;
  if (!send_initial()) return false;
  WebContent::Source source{.share = connection_.share(), .messages = replies_, .trailing = trailing_};
  if (last) source.status = status_;
  while (last || !replies_.empty()) {
    const MutableBytes place = connection_.http2().data_place(*this, connection_.out());
    const std::size_t size = content_.take(source, web_format(), place);
    if (size == 0) return false;
    connection_.http2().send_data(*this, size, content_.over(), connection_.out());
    connection_.core().turn.spend_send();
    if (content_.over()) break;
  }
  return true;
}

bool StreamCall::web_waits_for_window() const {
  if (replies_.empty() && !finished_) return false;
  return connection_.http2().sendable_bytes(*this) < WebContent::least_room(web_format());
}

}  // namespace mote::lean
