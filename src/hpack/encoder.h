// Writes HPACK header blocks (RFC 7541) that use no memory of the peer: only the static table and plain literals, no indexing,
// no Huffman code. If a block does not fit, the ByteWriter is overflowed(): check it once, after the block.
#pragma once

#include <cstddef>
#include <string_view>

#include "bytes/byte_writer.h"
#include "hpack/static_table.h"

namespace mote::hpack {

class Encoder {
 public:
  // Appends to `block`, which must outlive the encoder.
  explicit Encoder(ByteWriter& block) : block_(block) {}

  // A field of the static table, name and value (6.1): 1 byte.
  void indexed(StaticIndex field);

  // A field that the peer does not index (6.2.2). Its name is an index of the static table, or text in lower case (RFC 9113
  // 8.2).
  void literal(StaticIndex name, std::string_view value);
  void literal(std::string_view name, std::string_view value);
  // One string of a literal, a name or a value, after bytes that the caller has written.
  void value(std::string_view value);

  // The same for values that proxies must not index either: credentials (6.2.3, 7.1.3).
  void never_indexed(StaticIndex name, std::string_view value);
  void never_indexed(std::string_view name, std::string_view value);

  // Dynamic table size update to 0 (6.3), before any field: the peer's decoder may free its table. 1 byte.
  void no_table() { block_.u8(0x20); }

  // The size of what literal() and never_indexed() write.
  [[nodiscard]] static std::size_t literal_size(StaticIndex name, std::string_view value);
  [[nodiscard]] static std::size_t literal_size(std::string_view name, std::string_view value);

 private:
  ByteWriter& block_;
};

}  // namespace mote::hpack
