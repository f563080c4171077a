// Interprets the fields of a response (PROTOCOL-HTTP2.md, "Responses"): the content type, the status and its message, and
// which fields are custom metadata.
#pragma once

#include <cstdint>
#include <string_view>

#include "grpc_http2/grpc_status.h"
#include "hpack/header_field.h"
#include "mote/span.h"

namespace mote::device {

class Response {
 public:
  // The status message is stored in `text`, NUL-terminated and truncated to fit.
  explicit Response(MutableBytes text) : text_(text) { begin(); }

  void begin();
  // Processes a field that is not a pseudo-header. Returns true if the field is custom metadata.
  [[nodiscard]] bool take(const hpack::HeaderField& field);

  // Records the name of a malformed field. A build with MOTE_SMALL does not store it, which saves 170 bytes of flash.
  void note_malformed(std::string_view name);
  // "malformed field NAME" with the first recorded name, or "malformed response" if there is none.
  [[nodiscard]] const char* malformed_text() const;

  [[nodiscard]] bool has_status() const { return has_status_; }
  // At the end of the call: grpc-status if present, else the status for the HTTP status.
  [[nodiscard]] StatusCode status(std::uint16_t http_status) const;
  // True if the response is not gRPC: the HTTP status is not 200, or the content type differs.
  [[nodiscard]] bool foreign(std::uint16_t http_status) const { return http_status != kHttpOk || !grpc_type_; }
  [[nodiscard]] const char* text(std::uint16_t http_status) const;

 private:
  static constexpr std::uint16_t kHttpOk = 200;

  void take_message(std::string_view value);
  [[nodiscard]] bool has_text() const { return !text_.empty() && text_[0] != 0; }

  MutableBytes text_;
  StatusCode status_ = StatusCode::Unknown;
  bool has_status_ = false;
  bool grpc_type_ = false;
};

#ifdef MOTE_SMALL
inline void Response::note_malformed(std::string_view /*name*/) {
}
#endif

}  // namespace mote::device
