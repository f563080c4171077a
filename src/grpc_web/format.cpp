#include "grpc_web/format.h"

namespace mote::grpc_web {

namespace {

bool remove_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

Format format_of(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  if (!remove_prefix(type, "application/grpc-web")) return Format::None;
  const Format format = remove_prefix(type, "-text") ? Format::Text : Format::Binary;
  return type.empty() || type == "+proto" ? format : Format::None;
}

}  // namespace mote::grpc_web
