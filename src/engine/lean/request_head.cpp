#include "engine/lean/request_head.h"

#include <algorithm>

#include "grpc_http2/content_type.h"
#include "grpc_http2/timeout.h"
#include "http2/field_characters.h"
#include "http2/field_rules.h"

namespace mote::lean {

namespace {

constexpr std::string_view kGzip = "gzip";

RequestHead::Verb verb_of(std::string_view method) {
  if (method == "POST") return RequestHead::Verb::Post;
  if (method == "GET") return RequestHead::Verb::Get;
  if (method == "HEAD") return RequestHead::Verb::Head;
  if (method == "OPTIONS") return RequestHead::Verb::Options;
  return RequestHead::Verb::Other;
}

RequestHead::Encoding encoding_of(std::string_view value) {
  if (value == "identity") return RequestHead::Encoding::Identity;
  return value == kGzip ? RequestHead::Encoding::Gzip : RequestHead::Encoding::Other;
}

#ifdef MOTE_GZIP
// Whether one of the names in a list with commas is gzip.
bool names_gzip(std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (http2::trimmed(list.substr(0, end)) == kGzip) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}
#endif

}  // namespace

bool RequestHead::take(const hpack::HeaderField& field, const rpc::ServiceTable& services,
                       [[maybe_unused]] const WebSites* sites) {
  const auto& [name, value, never_indexed] = field;
  if (name.front() == ':') {
    if (name == ":path") return take_path(value, services);
    if (name == ":method") verb_ = verb_of(value);
#ifdef MOTE_TLS
    if (sites != nullptr && name == ":authority") host_known_ = sites->knows_host(value);
#endif
    return false;
  }
  if (name == "content-type") {
    content_type_valid_ = grpc_http2::is_grpc_content_type(value);
#ifdef MOTE_TLS
    if (!content_type_valid_ && sites != nullptr) web_format_ = grpc_web::format_of(value);
#endif
  } else if (name == "te") {
    te_trailers_ = true;  // Any other value is malformed (RFC 9113 8.2.2), and does not get here.
  } else if (name == "grpc-timeout") {
    take_timeout(value);
  } else if (name == "grpc-encoding") {
    encoding_ = encoding_of(value);
#ifdef MOTE_GZIP
  } else if (name == "grpc-accept-encoding") {
    compresses_ = compression_allowed_ && names_gzip(value);
#endif
  } else if (http2::is_custom_metadata(name)) {
    return true;
#ifdef MOTE_TLS
  } else if (sites != nullptr && name == "host") {
    host_known_ = host_known_ && sites->knows_host(value);
#endif
  }
  return false;
}

bool RequestHead::take_path(std::string_view value, const rpc::ServiceTable& services) {
  method_ = services.find_method(value);
  if (method_ != nullptr) {
    path_ = Path::Method;
  } else if (value == "/") {
    path_ = Path::Root;
  }
  return path_ == Path::Unknown;
}

void RequestHead::take_timeout(std::string_view value) {
  const std::optional<std::uint64_t> timeout = grpc_http2::parse_timeout_us(value);
  timeout_ = timeout ? Timeout::Given : Timeout::Malformed;
  timeout_us_ = timeout.value_or(0);
}

}  // namespace mote::lean
