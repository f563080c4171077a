// The characters that are allowed in names and values of header fields (RFC 9113 8.2.1), and the whitespace around values.
#pragma once

#include <string_view>

namespace mote::http2 {

constexpr bool forbidden_in_name(unsigned c) {
  const bool upper_case = c - 'A' < 26;
  return c - 0x21U >= 0x7fU - 0x21U || c == ':' || upper_case;
}

constexpr bool forbidden_in_value(unsigned c) {
  return c == '\0' || c == '\r' || c == '\n';
}

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// The value without spaces and tabs at its ends. A receiver may remove them only from custom metadata (PROTOCOL-HTTP2.md,
// "Custom-Metadata").
[[nodiscard]] std::string_view trimmed(std::string_view value);

// For fields that are not pseudo-headers. These check byte by byte, without a table, for small machines; the gateway uses
// FieldRules.
[[nodiscard]] bool name_allowed(std::string_view name);
// A received value is valid: it has no NUL, CR or LF.
[[nodiscard]] bool value_readable(std::string_view value);
// A value may be sent: it is value_readable() and has no space or tab at its ends.
[[nodiscard]] bool value_allowed(std::string_view value);

}  // namespace mote::http2
