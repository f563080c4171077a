#include "official_kinds.h"

#include "kinds.pb.h"

namespace official {

std::optional<std::string> everything(std::string_view bytes) {
  kinds::Everything read;
  if (!read.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  read.DiscardUnknownFields();
  return read.SerializeAsString();
}

}  // namespace official
