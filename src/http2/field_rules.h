// Checks whether the fields of one section of a request are well-formed (RFC 9113 8.2 and 8.3).
//
// Call begin() for a section, accept() for each field in its order, and complete() at the end. A malformed section is a stream
// error PROTOCOL_ERROR (RFC 9113 8.1.1), but its block must still be decoded to the end. Fields are not stored. One object per
// connection is enough, because header blocks do not interleave.
//
// One deviation from RFC 9113 8.2.1: spaces and tabs around a value of custom metadata are removed, as gRPC allows
// (PROTOCOL-HTTP2.md, "Custom-Metadata"). gRPC libraries send such values if an application sets them.
//
// A Host field must name the same entity as :authority (8.3.1). The comparison uses a hash of 32 bits and ignores case and the
// scheme's default port (RFC 3986 6.2.3). An empty :authority names nothing, as in C-core, and is not compared.
//
// Not checked: the syntax of URIs, methods and schemes (unknown methods are refused anyway), and characters that RFC 9110 5.5
// allows a recipient to accept.
#pragma once

#include <cstdint>

#include "hpack/header_field.h"

namespace mote::http2 {

enum class SectionKind : std::uint8_t {
  Request,   // the first section that a server receives
  Trailers,  // the last section
};

// Why a field makes its section malformed.
enum class FieldFault : std::uint8_t {
  None,
  Name,        // The name is empty, or has a character that RFC 9113 8.2.1 forbids.
  Characters,  // The value has NUL, CR or LF.
  Whitespace,  // The value begins or ends with whitespace, and is not custom metadata.
  Place,       // The field is not allowed here: an unknown or repeated pseudo-header, a connection field of HTTP/1.1.
  Value,       // The value is not allowed for this field.
};

// True for custom metadata (PROTOCOL-HTTP2.md, "Custom-Metadata"): neither a pseudo-header nor a field that HTTP or gRPC
// defines.
[[nodiscard]] bool is_custom_metadata(std::string_view name);

class FieldRules {
 public:
  // Starts a section.
  void begin(SectionKind kind);

  // Checks the next field, and trims its value if it is custom metadata. False: the field, and so the section, is malformed.
  [[nodiscard]] bool accept(hpack::HeaderField& field);

  // At the end of the section: all required fields were there, and none was malformed.
  [[nodiscard]] bool complete() const;

  [[nodiscard]] bool malformed() const { return fault_ != FieldFault::None; }
  // The fault of the first malformed field.
  [[nodiscard]] FieldFault fault() const { return fault_; }

  // The content-length in bytes, which the connection compares with DATA (RFC 9113 8.1.1). -1 if there is none, and in
  // trailers, where it has no meaning.
  [[nodiscard]] std::int64_t content_length() const { return content_length_; }

 private:
  enum Seen : std::uint16_t {
    kMethod = 1U << 0U,
    kScheme = 1U << 1U,
    kAuthority = 1U << 2U,
    kPath = 1U << 3U,
    kRegular = 1U << 4U,   // a field that is not a pseudo-header
    kConnect = 1U << 5U,   // the method is CONNECT
    kOptions = 1U << 6U,   // the method is OPTIONS
    kAsterisk = 1U << 7U,  // the path is "*"
    kHttp = 1U << 8U,      // the scheme is "http"
    kHttps = 1U << 9U,     // the scheme is "https"
    kEntity = 1U << 10U,   // :authority is not empty
  };
  // The port at the end of an authority, if it is a default port.
  enum class Port : std::uint8_t { None, Http, Https };
  struct Entity {
    std::uint32_t hash;
    Port port;
  };

  [[nodiscard]] static Entity entity_of(std::string_view authority);
  [[nodiscard]] FieldFault fault_of(hpack::HeaderField& field);
  [[nodiscard]] static FieldFault value_fault(hpack::HeaderField& field);
  [[nodiscard]] FieldFault pseudo_fault(std::string_view name, std::string_view value);
  [[nodiscard]] FieldFault regular_fault(std::string_view name, std::string_view value);
  [[nodiscard]] bool same_entity(std::string_view host) const;
  [[nodiscard]] FieldFault take_scheme(std::string_view value);
  [[nodiscard]] FieldFault take_authority(std::string_view value);
  [[nodiscard]] FieldFault take_method(std::string_view value);
  [[nodiscard]] FieldFault take_path(std::string_view value);
  [[nodiscard]] bool take_content_length(std::string_view value);
  [[nodiscard]] bool first(Seen pseudo);
  [[nodiscard]] bool has(unsigned all) const { return (seen_ & all) == all; }
  void note(unsigned seen) { seen_ = static_cast<std::uint16_t>(seen_ | seen); }

  std::int64_t content_length_ = -1;
  std::uint32_t authority_hash_ = 0;
  std::uint16_t seen_ = 0;
  SectionKind kind_ : 4 = SectionKind::Request;
  Port authority_port_ : 4 = Port::None;
  FieldFault fault_ = FieldFault::None;
};

static_assert(sizeof(FieldRules) <= 16);

}  // namespace mote::http2
