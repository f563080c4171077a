// The dynamic table of an HPACK decoder (RFC 7541 2.3.2 and 4) in storage that the caller owns.
//
// Sizes are those of RFC 7541 4.1: an entry counts its name, its value and 32. The table itself spends 6 bytes an entry
// beside the strings, so storage of max_size() bytes always suffices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/bytes.h"
#include "wire/header_field.h"

namespace mote::wire {

class HpackTable {
 public:
  // What an entry counts beside its strings (RFC 7541 4.1).
  static constexpr std::size_t kEntryOverhead = 32;

  // No table is larger, whatever storage it is given.
  static constexpr std::size_t kMaxSize = 65535;

  // An empty table with max_size() = the storage's size. Empty storage makes a table that never holds anything.
  explicit HpackTable(MutableBytes storage);

  [[nodiscard]] std::size_t size() const { return end_ - begin_ + entry_count_ * (kEntryOverhead - kOwnOverhead); }
  [[nodiscard]] std::size_t max_size() const { return max_size_; }
  [[nodiscard]] std::size_t entry_count() const { return entry_count_; }

  // Changes whenever an entry comes or goes or max_size() changes; wraps.
  [[nodiscard]] std::uint32_t generation() const { return generation_; }

  // Evicts the oldest entries until the rest fits (RFC 7541 4.3). `max_size` is at most what the storage holds; a larger
  // one is cut to that.
  void set_max_size(std::size_t max_size);

  // The entry at `index`, 0 = the newest. False: there is none. The views hold until the table is next changed or moved.
  [[nodiscard]] bool find(std::size_t index, HeaderField& field) const;

  // Evicts what must go, then adds an entry. One larger than max_size() leaves the table empty, which is no error
  // (RFC 7541 4.4). Neither string may lie in the table.
  void insert(std::string_view name, std::string_view value);

  void clear() { evict_to(0); }

  // Storage that no entry uses, `wanted` bytes of it if there are. What is written there holds until an entry comes, the
  // table is moved, or more is wanted.
  [[nodiscard]] MutableBytes spare(std::size_t wanted) {
    if (storage_.size() - end_ < wanted && begin_ != 0) compact_into(storage_);
    return storage_.subspan(end_);
  }

  // Goes on in other storage, with all entries; the old storage is free afterwards. The new one holds at least max_size()
  // bytes (a smaller one lowers max_size() first). The two may overlap. No generation passes.
  void move_to(MutableBytes storage);

 private:
  // In storage an entry is: u16 size of both strings, name, value, u16 size of the name, u16 size of both strings. The
  // sizes at the ends lead from the oldest entry to the next and from the newest to the one before.
  static constexpr std::size_t kOwnOverhead = 6;

  void evict_to(std::size_t size);
  void compact_into(MutableBytes storage);

  MutableBytes storage_;
  std::uint32_t begin_ = 0;  // entries lie in storage_[begin_, end_), the oldest first
  std::uint32_t end_ = 0;
  std::uint32_t max_size_ = 0;
  std::uint32_t entry_count_ = 0;
  std::uint32_t generation_ = 0;
};

}  // namespace mote::wire
