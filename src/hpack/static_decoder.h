// Decodes HPACK header blocks (RFC 7541) of a peer that was told to keep a header table of 0 bytes before it sent the first
// one: byte by byte, with no memory but scratch for one field.
//
//   decoder.begin();
//   for each byte: switch (decoder.take(byte)) ...
//   if (!decoder.whole()) -> COMPRESSION_ERROR
//
// There is no state from one block to the next, so that a block nobody wants may be thrown away unread. A literal "with
// indexing" (6.2.1) is a field as any other, for it does not fit into the table (4.4); a size update to 0 is fine.
//
// Errors, all of them COMPRESSION_ERROR: an index that is none of the static table's (2.3.3); an integer above 2^24 or with
// more than 5 bytes behind its prefix (5.1); EOS in a string, padding of more than 7 bits or not all ones (5.2); a size update
// above 0 or behind a field (4.2, 6.3); a block that ends inside a field.
//
// Where it is lenient: any number of size updates may start a block.
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
    Field,    // field() is one, until the next call.
    LeftOut,  // One whose literal strings, decoded, are more than scratch.
    Error,    // COMPRESSION_ERROR
  };

  explicit StaticDecoder(MutableBytes scratch) : scratch_(scratch) {}

  // A header block starts.
  void begin();
  [[nodiscard]] Result take(std::uint8_t byte);

  [[nodiscard]] const HeaderField& field() const { return field_; }
  // Of the field or what was left out, as SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113 6.5.2): its strings and 32. What comes
  // by its number in the static table is not counted.
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
  Integer integer_;         // In a string, the bytes of it that are still to come.
  HuffmanWalk huffman_;
  std::uint32_t used_ = 0;       // bytes of scratch; of what is left out, bytes that came
  std::uint32_t name_size_ = 0;  // of them, a literal name
  MutableBytes scratch_;
  HeaderField field_;
};

}  // namespace mote::hpack
