#include "wire/grpc_content_type.h"

#include "wire/field_characters.h"

namespace mote::wire {

bool is_grpc_content_type(std::string_view value) {
  for (const char c : std::string_view("application/grpc")) {
    if (value.empty() || lower_case(value.front()) != c) return false;
    value.remove_prefix(1);
  }
  if (value.starts_with('+')) return true;
  value = trimmed(value);
  return value.empty() || value.front() == ';';
}

}  // namespace mote::wire
