// Decodes HPACK header blocks (RFC 7541) that come in pieces cut anywhere, into memory that the caller owns.
//
//   decoder.begin();
//   for each piece: if (!decoder.feed(piece, scratch, sink)) -> COMPRESSION_ERROR
//   if (!decoder.end()) -> COMPRESSION_ERROR
//
// Every block of a connection must come through here to its end, one that is refused as well: later blocks build on the
// table that it leaves (RFC 9113 4.3).
//
// Memory: the table, at most the limit in force, in storage of the caller's (hpack/dynamic_table.h); and scratch, where a field is put together
// that comes Huffman-coded or in two pieces. Scratch is free for other use whenever pending() is 0. It must hold at least
// table().max_size() bytes: a field that is too large for it is then too large for the table too, and the table stays
// true (RFC 7541 4.4).
//
// Too large is a field whose literal strings together, decoded, pass scratch.size(), however they come. Its bytes are
// skipped, FieldSink::on_oversized_field() is called in its place, and decoding goes on.
//
// Errors, all of them COMPRESSION_ERROR: index 0 or none of the tables' (2.3.3); an integer above 2^24 or with more than
// 5 bytes behind its prefix (5.1); EOS in a string, padding of more than 7 bits or not all ones (5.2); a size update above
// the limit in force or behind a field (4.2, 6.3); none at the start of the first block after the limit was lowered below
// a table in use (RFC 9113 4.3.1); a block that ends inside a field; an indexed field too large for scratch that is smaller
// than the table, as its caller broke the rule above.
//
// Where it is lenient: any number of size updates may start a block (4.2 has encoders send two at most); a peer whose table
// is empty need not say that it obeys a lower limit, for encoders that use no table, as that of .NET, never say so; the
// part of a skipped field that passed scratch is not checked for Huffman errors.
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

  // `max_table_bytes`, the SETTINGS_HEADER_TABLE_SIZE in force, is at most the size of the larger part of the table's
  // storage.
  explicit Decoder(MutableBytes table_storage, std::size_t max_table_bytes = kDefaultTableBytes,
                   MutableBytes table_reserve = {});

  // A header block starts.
  void begin();

  // Decodes the next piece of the block. Fields go to `sink` as they are complete; their views hold during the call only.
  // False: COMPRESSION_ERROR, and so is every call after it.
  [[nodiscard]] bool feed(Bytes piece, MutableBytes scratch, FieldSink& sink);

  // How many of these bytes, the start of a block, are whole fields that leave the table as it is.
  [[nodiscard]] static std::size_t repeatable_bytes(Bytes block);

  // Instead of feeding such bytes, where their fields are known.
  void pass_over_fields() {
    if (state_ == State::SizeUpdateOrField) state_ = State::Field;
  }

  // The block is over. False: it stopped inside a field, or was in error.
  [[nodiscard]] bool end() const;

  // Bytes at the front of scratch that belong to a field in progress. The next feed() expects the same bytes at the
  // front of its scratch, which may be another one of at least the size. 0 between fields.
  [[nodiscard]] std::size_t pending() const { return used_; }

  // The SETTINGS_HEADER_TABLE_SIZE in force from now on: call it between blocks, when the peer acknowledges our SETTINGS.
  // A lower one evicts at once, and a peer that had entries has to begin its next block with a size update (RFC 9113
  // 4.3.1); a higher one takes effect when the peer says so (RFC 7541 4.2). Storage holds it.
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
  // In the order of their first bytes' leading zero bits.
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
  Integer integer_;              // the integer in progress; in a string, the bytes of it that are still to come
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

// One for each connection: what it costs there, its table's storage apart.
static_assert(sizeof(Decoder) <= (sizeof(void*) == 8 ? 88 : 72));

}  // namespace mote::hpack
