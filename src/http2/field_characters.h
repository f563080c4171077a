// Which characters names and values of header fields may have (RFC 9113 8.2.1), and the whitespace around values.
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

constexpr char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// The value without the spaces and tabs at its ends. A receiver may remove them from custom metadata (PROTOCOL-HTTP2.md,
// "Custom-Metadata"), and from no other field.
[[nodiscard]] std::string_view trimmed(std::string_view value);

// These are for fields that are no pseudo-headers. They test byte by byte, without a table, for small machines; the gateway
// has FieldRules.
[[nodiscard]] bool name_allowed(std::string_view name);
// No NUL, CR or LF: such a value may be read.
[[nodiscard]] bool value_readable(std::string_view value);
// Such a value may be written: value_readable(), and no space or tab at its ends.
[[nodiscard]] bool value_allowed(std::string_view value);

}  // namespace mote::http2
