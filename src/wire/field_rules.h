// Whether the fields of one section of a request make a well-formed HTTP/2 message (RFC 9113 8.2 and 8.3).
//
// begin() a section, accept() its fields in their order as the HPACK decoder gives them, ask complete() at its end. A
// malformed section earns a stream error PROTOCOL_ERROR (RFC 9113 8.1.1), and its block is still to be decoded to the
// end. Nothing of a field is kept; one object serves a connection, because header blocks do not interleave.
//
// A Host field has to name what :authority names (8.3.1), which is compared by a hash of 32 bits.
//
// Left out on purpose: the inside of URIs, methods and schemes (a method that nobody serves is refused anyway), and
// characters that RFC 9110 5.5 lets a recipient tolerate.
#pragma once

#include <cstdint>

#include "wire/header_field.h"

namespace mote::wire {

enum class SectionKind : std::uint8_t {
  Request,   // what a server gets first
  Trailers,  // the last section
};

class FieldRules {
 public:
  // Forgets the section before.
  void begin(SectionKind kind);

  // Takes the next field. False: the section is malformed, and it stays so.
  [[nodiscard]] bool accept(const HeaderField& field);

  // At the end of the section: all that it needs was there, and nothing is malformed.
  [[nodiscard]] bool complete() const;

  [[nodiscard]] bool malformed() const { return (seen_ & kMalformed) != 0; }

  // The bytes of DATA that the content-length field promises, which the connection counts (RFC 9113 8.1.1).
  // -1 without one, and always in trailers, where it would promise nothing.
  [[nodiscard]] std::int64_t content_length() const { return content_length_; }

 private:
  enum Seen : std::uint16_t {
    kMethod = 1U << 0U,
    kScheme = 1U << 1U,
    kAuthority = 1U << 2U,
    kPath = 1U << 3U,
    kRegular = 1U << 4U,   // a field that is no pseudo-header
    kConnect = 1U << 5U,   // the method is CONNECT
    kOptions = 1U << 6U,   // the method is OPTIONS
    kAsterisk = 1U << 7U,  // the path is "*"
    kMalformed = 1U << 8U,
  };

  [[nodiscard]] bool well_formed(const HeaderField& field);
  [[nodiscard]] bool accept_pseudo(std::string_view name, std::string_view value);
  [[nodiscard]] bool accept_regular(std::string_view name, std::string_view value);
  [[nodiscard]] bool accept_authority(std::string_view value);
  [[nodiscard]] bool accept_host(std::string_view value) const;
  [[nodiscard]] bool accept_method(std::string_view value);
  [[nodiscard]] bool accept_path(std::string_view value);
  [[nodiscard]] bool accept_content_length(std::string_view value);
  [[nodiscard]] bool first(Seen pseudo);
  [[nodiscard]] bool has(unsigned all) const { return (seen_ & all) == all; }
  void note(unsigned seen) { seen_ = static_cast<std::uint16_t>(seen_ | seen); }

  std::int64_t content_length_ = -1;
  std::uint32_t authority_hash_ = 0;
  std::uint16_t seen_ = 0;
  SectionKind kind_ = SectionKind::Request;
};

static_assert(sizeof(FieldRules) <= 16);

}  // namespace mote::wire
