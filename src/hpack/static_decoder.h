// Decodes HPACK header blocks (RFC 7541) without a dynamic table: for a connection whose peer received
// SETTINGS_HEADER_TABLE_SIZE 0 before it sent its first header block. It needs only scratch memory for one field.
//
//   decoder.begin();
//   for each byte: switch (decoder.take(byte)) ...
//   if (!decoder.whole()) -> COMPRESSION_ERROR
//
// No state remains between blocks, so a block that is not needed may be discarded without decoding. A literal "with indexing"
// (6.2.1) is like any other field, because it does not fit in the table (4.4). A size update to 0 is allowed.
//
// Errors, all of them COMPRESSION_ERROR: an index outside the static table (2.3.3); an integer above 2^24 or with more than 5
// bytes after its prefix (5.1); EOS in a string, padding of more than 7 bits or not all ones (5.2); a size update above 0 or
// after a field (4.2, 6.3); a block that ends inside a field.
//
// Exception: any number of size updates may start a block.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hpack/header_field.h"
#include "hpack/huffman_code.h"
#include "hpack/integer.h"
#include "mote/span.h"

namespace mote::hpack {

class StaticDecoder {
 public:
  enum class Result : std::uint8_t {
    More,
    Field,    // field() has a field, until the next call.
    LeftOut,  // A field was skipped: its literal strings, decoded, exceed scratch.
    Error,    // COMPRESSION_ERROR
  };

  explicit StaticDecoder(MutableBytes scratch) : scratch_(scratch) {}

  // A header block starts.
  void begin();
  [[nodiscard]] Result take(std::uint8_t byte);

  [[nodiscard]] const HeaderField& field() const { return field_; }
  // The size of the field, also of a skipped one, for SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113 6.5.2): its literal strings and
  // 32 bytes. Strings of the static table are not counted.
  [[nodiscard]] std::uint32_t field_bytes() const { return used_ + kFieldOverhead; }

  // The block may end here.
  [[nodiscard]] bool whole() const { return part_ <= Part::Field && !in_integer_; }

 private:
  static constexpr std::uint32_t kFieldOverhead = 32;  // RFC 7541 4.1

  enum class Part : std::uint8_t { SizeUpdateOrField, Field, NameLength, ValueLength, Name, Value };

  Result start_field();
  Result end_string(std::uint8_t last_byte);
  bool put_huffman(std::uint8_t byte);
  void put(std::uint8_t byte);

  Part part_ = Part::SizeUpdateOrField;
  bool in_integer_ = false;
  bool huffman_coded_ = false;
  std::uint8_t first_ = 0;  // The first byte of the field.
  Integer integer_;         // In a string, the bytes of it that are missing.
  HuffmanWalk huffman_;
  std::uint32_t used_ = 0;       // bytes of scratch in use; more than its size for a skipped field
  std::uint32_t name_size_ = 0;  // how many of them are a literal name
  MutableBytes scratch_;
  HeaderField field_;
};

}  // namespace mote::hpack
