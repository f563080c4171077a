// Decodes HPACK header blocks (RFC 7541), which may arrive in pieces that are cut anywhere. All memory belongs to the caller.
//
//   decoder.begin();
//   for each piece: if (!decoder.feed(piece, scratch, sink)) -> COMPRESSION_ERROR
//   if (!decoder.end()) -> COMPRESSION_ERROR
//
// Decode every block of a connection to its end, also if its request is refused: later blocks depend on the table
// (RFC 9113 4.3).
//
// Memory: the table, at most the limit in force (hpack/dynamic_table.h); and scratch, for a field that is Huffman-coded or
// arrives in two pieces. Scratch is free for other use while pending() is 0. It must hold at least table().max_size() bytes:
// then a field that does not fit in scratch does not fit in the table either, and the table stays in sync (RFC 7541 4.4).
//
// A field is too large if its literal strings together, decoded, exceed scratch.size(). Its bytes are skipped,
// FieldSink::on_oversized_field() is called in its place, and decoding continues.
//
// Errors, all of them COMPRESSION_ERROR: index 0, or an index outside both tables (2.3.3); an integer above 2^24 or with more
// than 5 bytes after its prefix (5.1); EOS in a string, padding of more than 7 bits or not all ones (5.2); a size update above
// the limit in force or after a field (4.2, 6.3); no size update at the start of the first block after the limit was lowered
// below a table in use (RFC 9113 4.3.1); a block that ends inside a field; an indexed field that is too large for scratch,
// if the caller broke the rule above.
//
// Exceptions: any number of size updates may start a block (4.2 allows encoders two). A peer whose table is empty need not
// confirm a lower limit, because encoders without a table, such as that of .NET, never do. The part of a skipped field that
// exceeds scratch is not checked for Huffman errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hpack/dynamic_table.h"
#include "hpack/header_field.h"
#include "hpack/huffman.h"
#include "hpack/integer.h"
#include "mote/span.h"

namespace mote::hpack {

class Decoder {
 public:
  // SETTINGS_HEADER_TABLE_SIZE of a connection whose peer has acknowledged no SETTINGS yet (RFC 9113 6.5.2).
  static constexpr std::size_t kDefaultTableBytes = 4096;

  // `max_table_bytes` is the SETTINGS_HEADER_TABLE_SIZE in force, at most the size of the larger part of the table's storage.
  explicit Decoder(MutableBytes table_storage, std::size_t max_table_bytes = kDefaultTableBytes,
                   MutableBytes table_reserve = {});

  // A header block starts.
  void begin();

  // Decodes the next piece of the block and passes complete fields to `sink`; their views are valid only during that call.
  // False: COMPRESSION_ERROR; all later calls return false too.
  [[nodiscard]] bool feed(Bytes piece, MutableBytes scratch, FieldSink& sink);

  // The number of bytes at the start of a block that are complete fields which do not change the table.
  [[nodiscard]] static std::size_t repeatable_bytes(Bytes block);

  // Call it instead of feed() for such bytes if their fields are known.
  void pass_over_fields() {
    if (state_ == State::SizeUpdateOrField) state_ = State::Field;
  }

  // The block has ended. False: inside a field, or after an error.
  [[nodiscard]] bool end() const;

  // The bytes at the start of scratch that belong to an incomplete field; 0 between fields. The next feed() needs the same
  // bytes at the start of its scratch, which may be other memory of at least the same size.
  [[nodiscard]] std::size_t pending() const { return used_; }

  // Sets the SETTINGS_HEADER_TABLE_SIZE in force. Call it between blocks, when the peer acknowledges our SETTINGS. A lower
  // value evicts entries at once, and a peer that had entries must begin its next block with a size update (RFC 9113 4.3.1).
  // A higher value takes effect with the peer's size update (RFC 7541 4.2). The storage must hold it.
  void set_max_table_bytes(std::size_t max_table_bytes);

  [[nodiscard]] DynamicTable& table() { return table_; }
  [[nodiscard]] const DynamicTable& table() const { return table_; }

 private:
  enum class State : std::uint8_t {
    SizeUpdate,
    SizeUpdateOrField,
    Field,
    HeadInteger,
    StringStart,
    StringLength,
    String,
    Dead,
  };
  // The value is the number of leading zero bits of the first byte.
  enum class Kind : std::uint8_t { Indexed, LiteralIndexed, SizeUpdate, LiteralNeverIndexed, LiteralNotIndexed };
  using Progress = Integer::Progress;
  struct Feed;

  bool step(Feed& feed);
  Progress start_head(std::uint8_t byte);
  Progress start_length(std::uint8_t byte);
  bool on_head(const Feed& feed);
  bool on_length(Feed& feed);
  bool on_string_bytes(Feed& feed);
  bool store(Bytes bytes, const Feed& feed);
  void skip_field();
  bool on_literal(const Feed& feed, Bytes value);
  bool index(const Feed& feed, HeaderField& field);
  [[nodiscard]] bool find(std::size_t index, HeaderField& field) const;

  DynamicTable table_;
  HuffmanDecoder huffman_;
  std::uint32_t max_table_bytes_;
  Integer integer_;              // the current integer; in a string, the bytes of it that are missing
  std::uint32_t used_ = 0;       // bytes of scratch in use
  std::uint32_t name_size_ = 0;  // of them, a literal name
  std::uint16_t name_index_ = 0;
  State state_ = State::SizeUpdateOrField;
  Kind kind_ = Kind::Indexed;
  bool in_value_ = false;
  bool huffman_coded_ = false;
  bool oversized_ = false;
  bool size_update_due_ = false;
};

// Each connection has one; this is its cost without the storage of its table.
static_assert(sizeof(Decoder) <= (sizeof(void*) == 8 ? 88 : 72));

}  // namespace mote::hpack
