#include "mote-device/received_metadata.h"

#include <algorithm>

namespace mote::tool {

void ReceivedMetadata::clear() {
  field_count_ = 0;
  byte_count_ = 0;
  left_out_ = 0;
}

std::string_view ReceivedMetadata::keep(std::string_view text) {
  const std::span<char> place = std::span(bytes_).subspan(byte_count_, text.size());
  std::copy(text.begin(), text.end(), place.begin());
  byte_count_ += text.size();
  return {place.data(), place.size()};
}

void ReceivedMetadata::add(std::string_view name, std::string_view value, bool trailing) {
  if (field_count_ == kMostFields || name.size() + value.size() > kMostBytes - byte_count_) {
    ++left_out_;
    return;
  }
  fields_[field_count_++] = {.name = keep(name), .value = keep(value), .trailing = trailing};
}

}  // namespace mote::tool
