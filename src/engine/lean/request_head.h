// The header fields of a request that gRPC uses (PROTOCOL-HTTP2.md, "Requests").
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/lean/web_sites.h"
#include "hpack/header_field.h"
#include "mote/rpc/service_table.h"
#ifdef MOTE_TLS
#include "grpc_web/format.h"
#endif

namespace mote::lean {

class RequestHead {
 public:
  enum class Verb : std::uint8_t { Post, Get, Head, Options, Other };
  enum class Path : std::uint8_t { Unknown, Method, Root };
  enum class Timeout : std::uint8_t { None, Given, Malformed };
  enum class Encoding : std::uint8_t { Identity, Gzip, Other };

  // Takes the next field. Returns true for custom metadata and for an unknown path, which the caller keeps for the answer. The request
  // may be one of gRPC-Web if the connection serves it for `sites`.
  bool take(const hpack::HeaderField& field, const rpc::ServiceTable& services, const WebSites* sites = nullptr);

  [[nodiscard]] Verb verb() const { return verb_; }
  [[nodiscard]] Path path() const { return path_; }
  [[nodiscard]] const rpc::Method* method() const { return method_; }
  // grpc_http2::is_grpc_content_type()
  [[nodiscard]] bool content_type_valid() const { return content_type_valid_; }
#ifdef MOTE_TLS
  // By content type.
  [[nodiscard]] grpc_web::Format web_format() const {
    return web_format_;
  }
  // WebSites::knows_host(), of :authority and Host.
  [[nodiscard]] bool host_known() const {
    return host_known_;
  }
#endif
  // "te: trailers": no proxy on the path removes trailers.
  [[nodiscard]] bool te_trailers() const {
    return te_trailers_;
  }
  [[nodiscard]] Timeout timeout() const {
    return timeout_;
  }
  [[nodiscard]] std::uint64_t timeout_us() const {
    return timeout_us_;
  }
  // grpc-encoding.
  [[nodiscard]] Encoding encoding() const {
    return encoding_;
  }
#ifdef MOTE_GZIP
  // allow_compression() was called, and grpc-accept-encoding has gzip.
  [[nodiscard]] bool compresses() const {
    return compresses_;
  }
  // Before the first field.
  void allow_compression() {
    compression_allowed_ = true;
  }
#endif

 private:
  bool take_path(std::string_view value, const rpc::ServiceTable& services);
  void take_timeout(std::string_view value);

  const rpc::Method* method_ = nullptr;
  std::uint64_t timeout_us_ = 0;
  Verb verb_ = Verb::Other;
  Path path_ = Path::Unknown;
  Timeout timeout_ = Timeout::None;
  bool content_type_valid_ = false;
  bool te_trailers_ = false;
  Encoding encoding_ = Encoding::Identity;
#ifdef MOTE_TLS
  bool host_known_ = true;
  grpc_web::Format web_format_ = grpc_web::Format::None;
#endif
#ifdef MOTE_GZIP
  bool compression_allowed_ = false;
  bool compresses_ = false;
#endif
};

}  // namespace mote::lean
