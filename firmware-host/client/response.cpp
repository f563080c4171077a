#include "device/response.h"

#include "wire/grpc_content_type.h"
#include "wire/literal.h"
#include "wire/percent.h"

namespace mote::device {

namespace {

constexpr const char* kMalformed = "malformed response";

}  // namespace

void Response::begin() {
  status_ = wire::StatusCode::Unknown;
  has_status_ = false;
  grpc_type_ = false;
  if (!text_.empty()) text_[0] = 0;
}

bool Response::take(const wire::HeaderField& field) {
  if (wire::is(field.name, "content-type")) {
    grpc_type_ = wire::is_grpc_content_type(field.value);
    return false;
  }
  constexpr std::string_view kOurs = "grpc-";
  if (!field.name.starts_with(kOurs)) return true;
  std::string_view name = field.name;
  name.remove_prefix(kOurs.size());
  if (wire::is(name, "status")) {
    has_status_ = true;
    status_ = wire::parse_status(field.value);
  } else if (wire::is(name, "message")) {
    take_message(field.value);
  }
  return false;
}

void Response::take_message(std::string_view value) {
  if (text_.empty()) return;
  wire::ByteWriter text(text_.first(text_.size() - 1));
  wire::percent_decode(value, text);
  text_[text.size()] = 0;
}

wire::StatusCode Response::status(std::uint16_t http_status) const {
  if (has_status_) return status_;
  return wire::status_of_http(http_status);
}

const char* Response::text(std::uint16_t http_status) const {
  if (has_text()) return wire::as_text(text_).data();
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
  wire::ByteWriter text(text_.first(text_.size() - 1));
  text.text("malformed field ");
  for (const char c : name)
    text.u8(static_cast<std::uint8_t>(c));
  text_[text.size()] = 0;
}

const char* Response::malformed_text() const {
  return has_text() ? wire::as_text(text_).data() : kMalformed;
}

#endif

}  // namespace mote::device
