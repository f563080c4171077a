// Which characters names and values of header fields may have (RFC 9113 8.2.1).
#pragma once

#include <string_view>

namespace mote::wire {

constexpr bool forbidden_in_name(unsigned c) {
  const bool upper_case = c - 'A' < 26;
  return c - 0x21U >= 0x7fU - 0x21U || c == ':' || upper_case;
}

constexpr bool forbidden_in_value(unsigned c) {
  return c == '\0' || c == '\r' || c == '\n';
}

// Of a field that is no pseudo-header. Byte by byte, without a table, for small machines; the gateway has FieldRules.
[[nodiscard]] bool name_allowed(std::string_view name);
[[nodiscard]] bool value_allowed(std::string_view value);

}  // namespace mote::wire
