#include "http2/field_characters.h"

#include <cstdint>

namespace mote::http2 {

namespace {

template <bool (*forbidden)(unsigned)>
bool has_any(std::string_view text) {
  for (const char c : text) {
    if (forbidden(static_cast<std::uint8_t>(c))) return true;
  }
  return false;
}

}  // namespace

std::string_view trimmed(std::string_view value) {
  while (!value.empty() && is_blank(value.front()))
    value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back()))
    value.remove_suffix(1);
  return value;
}

bool name_allowed(std::string_view name) {
  return !name.empty() && !has_any<forbidden_in_name>(name);
}

bool value_readable(std::string_view value) {
  return !has_any<forbidden_in_value>(value);
}

bool value_allowed(std::string_view value) {
  return trimmed(value).size() == value.size() && value_readable(value);
}

}  // namespace mote::http2
