// A header block that the compiler encodes, for fields that never change. Encoder would write the same bytes.
//
//   constexpr auto kBlock = constant_bytes<[] {
//     return ConstantBlock().indexed(StaticIndex::Status200).literal("grpc-status", "0").bytes();
//   }>();
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bytes/constant_bytes.h"
#include "hpack/static_table.h"

namespace mote::hpack {

class ConstantBlock {
 public:
  // A field of the static table, name and value (RFC 7541 6.1).
  constexpr ConstantBlock& indexed(StaticIndex field) {
    bytes_.u8(static_cast<std::uint8_t>(0x80U | static_cast<unsigned>(field)));
    return *this;
  }

  // A field that the peer does not index (6.2.2).
  template <class Name>
  constexpr ConstantBlock& literal(Name field_name, std::string_view value) {
    return name(field_name).string(value);
  }

  // The start of such a field: its value must follow the block.
  constexpr ConstantBlock& name(StaticIndex index) { return integer(4, static_cast<std::size_t>(index)); }
  constexpr ConstantBlock& name(std::string_view text) {
    bytes_.u8(0);
    return string(text);
  }

  [[nodiscard]] constexpr const ConstantBytes& bytes() const { return bytes_; }

 private:
  // 5.2, without Huffman code.
  constexpr ConstantBlock& string(std::string_view text) {
    integer(7, text.size());
    bytes_.text(text);
    return *this;
  }
  // 5.1, with 0 in the bits before the prefix.
  constexpr ConstantBlock& integer(unsigned prefix_bits, std::size_t value) {
    const std::size_t prefix_max = (std::size_t{1} << prefix_bits) - 1;
    if (value < prefix_max) {
      bytes_.u8(static_cast<std::uint8_t>(value));
      return *this;
    }
    bytes_.u8(static_cast<std::uint8_t>(prefix_max));
    for (value -= prefix_max; value >= 0x80; value >>= 7)
      bytes_.u8(static_cast<std::uint8_t>(0x80 | (value & 0x7f)));
    bytes_.u8(static_cast<std::uint8_t>(value));
    return *this;
  }

  ConstantBytes bytes_;
};

}  // namespace mote::hpack
