// Feeds header blocks to a Decoder in pieces, in the least favourable way that its contract allows, and stores the fields.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hpack/decoder.h"

namespace mote::test {

struct Field {
  std::string name;
  std::string value;
  bool never_indexed = false;
  bool oversized = false;

  friend bool operator==(const Field&, const Field&) = default;
};

class FieldCollector final : public hpack::FieldSink {
 public:
  std::vector<Field> fields;

  void on_field(const hpack::HeaderField& field) override {
    fields.push_back({std::string(field.name), std::string(field.value), field.never_indexed});
  }
  void on_oversized_field() override { fields.push_back({.name = {}, .value = {}, .oversized = true}); }
};

struct DecodedBlock {
  bool accepted = true;
  std::vector<Field> fields;
};

// Each piece is in memory of exactly its size, and each feed() gets new scratch that contains only the pending bytes. If the
// decoder uses other bytes, AddressSanitizer reports it or a field is wrong. `next_size` returns the size of the next piece.
template <typename NextSize>
DecodedBlock decode_in_pieces(hpack::Decoder& decoder, Bytes block, std::size_t scratch_bytes, NextSize next_size) {
  FieldCollector collector;
  std::vector<std::uint8_t> scratch(scratch_bytes, 0xa5);
  std::vector<std::uint8_t> next_scratch(scratch_bytes);
  bool accepted = true;
  decoder.begin();
  while (!block.empty() && accepted) {
    const std::size_t size = std::min<std::size_t>(next_size(), block.size());
    const std::vector<std::uint8_t> piece(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
    accepted = decoder.feed(piece, scratch, collector);
    block = block.subspan(size);

    const auto pending = static_cast<std::ptrdiff_t>(decoder.pending());
    std::fill(std::copy_n(scratch.begin(), pending, next_scratch.begin()), next_scratch.end(), std::uint8_t{0x5a});
    scratch.swap(next_scratch);
  }
  if (accepted && !decoder.end()) accepted = false;
  return {accepted, std::move(collector.fields)};
}

inline DecodedBlock decode_whole(hpack::Decoder& decoder, Bytes block, std::size_t scratch_bytes = 8192) {
  return decode_in_pieces(decoder, block, scratch_bytes, [&] { return block.size(); });
}

inline DecodedBlock decode_byte_by_byte(hpack::Decoder& decoder, Bytes block, std::size_t scratch_bytes = 8192) {
  return decode_in_pieces(decoder, block, scratch_bytes, [] { return std::size_t{1}; });
}

// A decoder with its own table.
struct OwnDecoder {
  explicit OwnDecoder(std::size_t table_bytes = 4096, std::size_t storage_bytes = 4096)
      : storage(storage_bytes), decoder(storage, table_bytes) {}
  std::vector<std::uint8_t> storage;
  hpack::Decoder decoder;
};

// The dynamic table, the newest entry first.
inline std::vector<Field> table_content(const hpack::DynamicTable& table) {
  std::vector<Field> content;
  hpack::HeaderField field;
  for (std::size_t i = 0; table.find(i, field); ++i)
    content.push_back({std::string(field.name), std::string(field.value)});
  return content;
}

}  // namespace mote::test
