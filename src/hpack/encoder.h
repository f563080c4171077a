// Writes HPACK header blocks (RFC 7541) that use none of the peer's memory: static table and plain literals only, nothing
// indexed, no Huffman code. What does not fit marks the ByteWriter as overflowed: check it once, behind the block.
#pragma once

#include <cstddef>
#include <string_view>

#include "bytes/byte_writer.h"
#include "hpack/static_table.h"

namespace mote::hpack {

class Encoder {
 public:
  // Appends to `block`, which outlives the encoder.
  explicit Encoder(ByteWriter& block) : block_(block) {}

  // A field of the static table, name and value (6.1): 1 byte.
  void indexed(StaticIndex field);

  // A field that the peer does not index (6.2.2), its name taken from the static table or written out. Names are lower
  // case (RFC 9113 8.2).
  void literal(StaticIndex name, std::string_view value);
  void literal(std::string_view name, std::string_view value);
  // A string of a literal, the value or a name, behind what the caller has put before it.
  void value(std::string_view value);

  // The same for values that nobody on the way may index either: credentials (6.2.3, 7.1.3).
  void never_indexed(StaticIndex name, std::string_view value);
  void never_indexed(std::string_view name, std::string_view value);

  // Dynamic table size update to 0 (6.3), before any field: the peer's decoder may free its table. 1 byte.
  void no_table();

  // What literal() and never_indexed() write, in bytes.
  [[nodiscard]] static std::size_t literal_size(StaticIndex name, std::string_view value);
  [[nodiscard]] static std::size_t literal_size(std::string_view name, std::string_view value);

 private:
  ByteWriter& block_;
};

}  // namespace mote::hpack
