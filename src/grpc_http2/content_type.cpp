#include "grpc_http2/content_type.h"

#include "bytes/letter_case.h"
#include "http2/field_characters.h"

namespace mote::grpc_http2 {

bool is_grpc_content_type(std::string_view value) {
  for (const char c : std::string_view("application/grpc")) {
    if (value.empty() || lower_case(value.front()) != c) return false;
    value.remove_prefix(1);
  }
  if (value.starts_with('+')) return true;
  value = http2::trimmed(value);
  return value.empty() || value.front() == ';';
}

}  // namespace mote::grpc_http2
