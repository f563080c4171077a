// Reads the fields of an encoded protobuf message one by one, without its descriptor.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "mote/span.h"

namespace mote::tool {

enum class WireType : std::uint8_t { Varint = 0, Fixed64 = 1, Length = 2, Fixed32 = 5 };

struct EncodedField {
  std::uint32_t number = 0;
  WireType type = WireType::Varint;
  std::uint64_t value = 0;  // Of a varint and of the fixed types.
  Bytes bytes{};            // Of Length.
};

class FieldReader {
 public:
  explicit FieldReader(Bytes message) : rest_(message) {}

  // Returns false at the end and at the first field that cannot be read: groups are not used since proto3.
  bool take(EncodedField& field) {
    if (rest_.empty()) return false;
    const std::uint64_t tag = take_varint();
    field = {.number = static_cast<std::uint32_t>(tag >> 3U), .type = static_cast<WireType>(tag & 7U)};
    switch (field.type) {
      case WireType::Varint:
        field.value = take_varint();
        return true;
      case WireType::Fixed64:
        field.value = take_fixed(8);
        return true;
      case WireType::Length:
        field.bytes = take_bytes(take_varint());
        return true;
      case WireType::Fixed32:
        field.value = take_fixed(4);
        return true;
    }
    return false;
  }

  [[nodiscard]] Bytes rest() const { return rest_; }

  // One value of a packed list. Returns false at the end.
  bool take_packed(WireType type, std::uint64_t& value) {
    if (rest_.empty()) return false;
    value = type == WireType::Varint ? take_varint() : take_fixed(type == WireType::Fixed64 ? 8 : 4);
    return true;
  }

 private:
  std::uint64_t take_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !rest_.empty() && shift < 64; shift += 7) {
      const std::uint8_t byte = rest_.front();
      rest_ = rest_.subspan(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  std::uint64_t take_fixed(std::size_t size) {
    const Bytes taken = take_bytes(size);
    std::uint64_t value = 0;
    for (std::size_t i = taken.size(); i > 0; --i)
      value = value << 8U | taken[i - 1];
    return value;
  }

  Bytes take_bytes(std::uint64_t size) {
    const Bytes taken = rest_.first(static_cast<std::size_t>(std::min<std::uint64_t>(size, rest_.size())));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

  Bytes rest_;
};

}  // namespace mote::tool
