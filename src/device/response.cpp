#include "device/response.h"

#include "bytes/literal.h"
#include "grpc_http2/content_type.h"
#include "grpc_http2/percent.h"

namespace mote::device {

namespace {

constexpr const char* kMalformed = "malformed response";

}  // namespace

void Response::begin() {
  has_status_ = false;
  grpc_type_ = false;
  if (!text_.empty()) text_[0] = 0;
}

bool Response::take(const hpack::HeaderField& field) {
  if (is(field.name, "content-type")) {
    grpc_type_ = grpc_http2::is_grpc_content_type(field.value);
    return false;
  }
  constexpr std::string_view kOurs = "grpc-";
  if (!field.name.starts_with(kOurs)) return true;
  std::string_view name = field.name;
  name.remove_prefix(kOurs.size());
  if (is(name, "status")) {
    has_status_ = true;
    status_ = grpc_http2::parse_status(field.value);
  } else if (is(name, "message")) {
    take_message(field.value);
  }
  return false;
}

void Response::take_message(std::string_view value) {
  if (text_.empty()) return;
  ByteWriter text(text_.first(text_.size() - 1));
  grpc_http2::percent_decode(value, text);
  text_[text.size()] = 0;
}

StatusCode Response::status(std::uint16_t http_status) const {
  if (has_status_) return status_;
  return grpc_http2::status_of_http(http_status);
}

const char* Response::text(std::uint16_t http_status) const {
  if (has_text()) return as_text(text_).data();
  if (has_status_) return "";
  return foreign(http_status) ? "not a gRPC response" : "no grpc-status";
}

#ifdef MOTE_SMALL

const char* Response::malformed_text() const {
  return kMalformed;
}

#else

void Response::note_malformed(std::string_view name) {
  if (text_.empty() || has_text()) return;
  ByteWriter text(text_.first(text_.size() - 1));
  text.text("malformed field ");
  for (const char c : name)
    text.u8(static_cast<std::uint8_t>(c));
  text_[text.size()] = 0;
}

const char* Response::malformed_text() const {
  return has_text() ? as_text(text_).data() : kMalformed;
}

#endif

}  // namespace mote::device
