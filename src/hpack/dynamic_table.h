// The dynamic table of an HPACK decoder (RFC 7541 2.3.2 and 4) in storage of the caller.
//
// Sizes are those of RFC 7541 4.1: an entry counts its name, its value and 32 bytes. The table needs only 4 bytes for each
// entry in addition to its strings, so storage of max_size() bytes is always enough.
//
// The storage may have two parts. Entries are in the first part until they no longer fit there. Then the table moves to the
// reserve, never moves back and no longer uses the first part. A reserve that is not needed is never written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hpack/header_field.h"
#include "mote/span.h"

namespace mote::hpack {

class DynamicTable {
 public:
  // The size of an entry without its strings (RFC 7541 4.1).
  static constexpr std::size_t kEntryOverhead = 32;

  // No table is larger than this, even if its storage is.
  static constexpr std::size_t kMaxSize = 65535;

  // An empty table. max_size() is the size of the larger part. A reserve that is not larger than `storage` is not used.
  // Without storage the table never holds anything.
  explicit DynamicTable(MutableBytes storage, MutableBytes reserve = {});

  [[nodiscard]] std::size_t size() const { return strings_size() + entry_count_ * kEntryOverhead; }
  [[nodiscard]] std::size_t max_size() const { return max_size_; }
  [[nodiscard]] std::size_t entry_count() const { return entry_count_; }
  // The table has moved to the reserve.
  [[nodiscard]] bool in_reserve() const { return in_reserve_; }

  // Changes when an entry is added or evicted, and when max_size() changes; wraps.
  [[nodiscard]] std::uint32_t generation() const { return generation_; }

  // Evicts the oldest entries until the rest fits (RFC 7541 4.3). A `max_size` that exceeds the storage is reduced to its size.
  void set_max_size(std::size_t max_size);

  // The entry at `index` (0: the newest), in constant time. False: there is none. The views are valid until the next change.
  [[nodiscard]] bool find(std::size_t index, HeaderField& field) const;

  // Evicts the oldest entries if necessary and adds an entry. An entry larger than max_size() empties the table, which is not
  // an error (RFC 7541 4.4). The strings must not be in the table.
  void insert(std::string_view name, std::string_view value);

  void clear() { evict_to(0); }

  // Storage that no entry uses, at least `wanted` bytes if there are as many. Bytes that are written there stay until an entry
  // is added or more bytes are wanted.
  [[nodiscard]] MutableBytes spare(std::size_t wanted) {
    if (free_bytes() < wanted && begin_ != 0) compact_into(storage_);
    return storage_.subspan(end_, free_bytes());
  }

 private:
  // An entry is the u16 size of its name, the name and the value. Entries are in storage_[begin_, end_) without gaps, the
  // oldest first. Their offsets are u16 values in a list that grows down from the end of the storage: slot 0 is the last two
  // bytes. Slots below first_slot_ belong to evicted entries.
  static constexpr std::size_t kNameSizeBytes = 2;
  static constexpr std::size_t kSlotBytes = 2;

  [[nodiscard]] std::size_t strings_size() const {
    return static_cast<std::size_t>(end_ - begin_) - entry_count_ * kNameSizeBytes;
  }
  [[nodiscard]] std::size_t free_bytes() const {
    return storage_.size() - end_ - kSlotBytes * (std::size_t{first_slot_} + entry_count_);
  }
  [[nodiscard]] std::size_t offset(std::size_t slot) const;
  static void set_offset(MutableBytes storage, std::size_t slot, std::size_t offset);
  void evict_to(std::size_t size);
  void make_room(std::size_t size_bytes);
  void compact_into(MutableBytes storage);

  MutableBytes storage_;
  MutableBytes reserve_;
  std::uint32_t generation_ = 0;
  std::uint16_t begin_ = 0;
  std::uint16_t end_ = 0;
  std::uint16_t max_size_ = 0;
  std::uint16_t entry_count_ = 0;
  std::uint16_t first_slot_ = 0;
  bool in_reserve_ = false;
};

}  // namespace mote::hpack
