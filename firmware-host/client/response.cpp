#include "device/response.h"

#include "wire/percent.h"

namespace mote::device {

namespace {

// "200"; 0 for what is no status at all, which the connection has refused before.
std::uint16_t parse_http_status(std::string_view digits) {
  unsigned status = 0;
  for (char c : digits)
    status = status * 10 + static_cast<unsigned>(c - '0');
  return static_cast<std::uint16_t>(status);
}

}  // namespace

void Response::begin() {
  http_status_ = 0;
  status_ = wire::StatusCode::Unknown;
  has_status_ = false;
  grpc_type_ = false;
  if (!text_.empty()) text_[0] = 0;
}

bool Response::take(const wire::HeaderField& field) {
  const std::string_view name = field.name;
  if (name == ":status") {
    http_status_ = parse_http_status(field.value);
  } else if (name == "content-type") {
    grpc_type_ = field.value.starts_with("application/grpc");
  } else if (name == "grpc-status") {
    has_status_ = true;
    status_ = wire::parse_status(field.value);
  } else if (name == "grpc-message") {
    take_message(field.value);
  } else {
    return !name.starts_with("grpc-");
  }
  return false;
}

void Response::take_message(std::string_view value) {
  if (text_.empty()) return;
  wire::ByteWriter text(text_.first(text_.size() - 1));
  wire::percent_decode(value, text);
  text_[text.size()] = 0;
}

wire::StatusCode Response::status() const {
  if (has_status_) return status_;
  return wire::status_of_http(http_status_);
}

const char* Response::text() const {
  if (!text_.empty() && text_[0] != 0) return wire::as_text(text_).data();
  if (has_status_) return "";
  return foreign() ? "not a gRPC response" : "no grpc-status";
}

}  // namespace mote::device
