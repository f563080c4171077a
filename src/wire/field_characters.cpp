#include "wire/field_characters.h"

#include <cstdint>

namespace mote::wire {

namespace {

template <bool (*forbidden)(unsigned)>
bool has_any(std::string_view text) {
  for (const char c : text) {
    if (forbidden(static_cast<std::uint8_t>(c))) return true;
  }
  return false;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

bool name_allowed(std::string_view name) {
  return !name.empty() && !has_any<forbidden_in_name>(name);
}

bool value_allowed(std::string_view value) {
  return value.empty() || !(is_blank(value.front()) || is_blank(value.back()) || has_any<forbidden_in_value>(value));
}

}  // namespace mote::wire
