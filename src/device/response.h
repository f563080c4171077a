// What the fields of a response say (PROTOCOL-HTTP2.md, "Responses"): is it gRPC, how did the call end, which fields are
// the application's.
#pragma once

#include <cstdint>
#include <string_view>

#include "grpc_http2/grpc_status.h"
#include "hpack/header_field.h"
#include "mote/span.h"

namespace mote::device {

class Response {
 public:
  // The status message is put into `text`, with a NUL behind it; cut where it is longer.
  explicit Response(MutableBytes text) : text_(text) { begin(); }

  void begin();
  // A field that is no pseudo-header. True: custom metadata, for the application.
  [[nodiscard]] bool take(const hpack::HeaderField& field);

  // A field of that name is malformed. A build with MOTE_SMALL does not keep the name, which saves 170 bytes of flash.
  void note_malformed(std::string_view name);
  // "malformed field NAME" of the first one that was noted, "malformed response" where none was.
  [[nodiscard]] const char* malformed_text() const;

  [[nodiscard]] bool has_status() const { return has_status_; }
  // At the end of the call: grpc-status, or else what HTTP's status says, or else Unknown.
  [[nodiscard]] StatusCode status(std::uint16_t http_status) const;
  // Not gRPC: another HTTP status than 200, or another content type.
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
