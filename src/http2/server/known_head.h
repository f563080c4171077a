// The last request's header block, and the decoded result of its first bytes. Most requests of a client begin with the same
// bytes. While the header table is unchanged, they are not decoded again, which saves 3,600 of a call's 8,100 instructions.
//
// The block itself is stored in spare bytes of the header table, which may overwrite them: its generation changes then.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "hpack/dynamic_table.h"
#include "http2/field_rules.h"
#include "http2/server/header_block.h"
#include "mote/span.h"

namespace mote::http2 {

class KnownHead {
 public:
  struct Match {
    std::size_t common_bytes;  // at the beginning of both blocks
    bool same;                 // The blocks are equal.
    bool fields_known;         // restore() has the result of the first known_bytes().
  };

  [[nodiscard]] Match match(Bytes block, hpack::DynamicTable& table) const {
    const bool current = table_generation_ == table.generation();
    const Bytes last = Bytes(table.spare(0)).first(current ? block_size_ : 0);
    if (as_text(block) == as_text(last)) {
      // A block that is the same as the last one is decoded again until the result of all of it is stored.
      const bool known = known_size_ != 0 && known_size_ == block.size();
      return {.common_bytes = block.size(), .same = true, .fields_known = known};
    }
    const bool known = known_size_ != 0 && known_size_ <= last.size() && begins(block, last.first(known_size_));
    const std::size_t compared = known ? known_size_ : 0;
    const Bytes rest = block.subspan(compared);
    const Bytes rest_of_last = last.subspan(compared);
    const auto differs = std::mismatch(rest.begin(), rest.end(), rest_of_last.begin(), rest_of_last.end());
    const auto common = compared + static_cast<std::size_t>(differs.first - rest.begin());
    return {.common_bytes = common, .same = false, .fields_known = known};
  }

  [[nodiscard]] std::size_t known_bytes() const { return known_size_; }
  // The state after the first known_bytes() are decoded.
  void restore(FieldRules& rules, HeaderBlock& block) const {
    block.fields = fields_;
    block.field_bytes = field_bytes_;
    block.restored = true;
    rules = rules_;
  }
  [[nodiscard]] std::uint32_t known_fields() const { return fields_; }
  [[nodiscard]] std::uint32_t known_field_bytes() const { return field_bytes_; }
  // No fields are known until the next store_result().
  void invalidate() { known_size_ = 0; }
  // Stores the result of the first `size` bytes of the block.
  void store_result(std::size_t size, const FieldRules& rules, const HeaderBlock& block) {
    rules_ = rules;
    field_bytes_ = block.field_bytes;
    fields_ = static_cast<std::uint8_t>(block.fields);
    known_size_ = static_cast<std::uint8_t>(size);
  }

  // Stores as much of the block as there is room for.
  void store_block(Bytes block, hpack::DynamicTable& table) {
    const MutableBytes spare = table.spare(block.size());
    const std::size_t size = std::min({block.size(), spare.size(), kMostBlockBytes});
    std::copy_n(block.begin(), size, spare.begin());
    block_size_ = static_cast<std::uint8_t>(size);
    table_generation_ = table.generation();
  }

 private:
  static constexpr std::size_t kMostBlockBytes = 255;

  static bool begins(Bytes block, Bytes with) { return as_text(block).starts_with(as_text(with)); }

  FieldRules rules_;
  std::uint32_t table_generation_ = 0;
  std::uint32_t field_bytes_ = 0;
  std::uint8_t fields_ = 0;
  std::uint8_t known_size_ = 0;
  std::uint8_t block_size_ = 0;
};

}  // namespace mote::http2
