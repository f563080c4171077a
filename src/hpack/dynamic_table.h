// The dynamic table of an HPACK decoder (RFC 7541 2.3.2 and 4) in storage that the caller owns.
//
// Sizes are those of RFC 7541 4.1: an entry counts its name, its value and 32. The table itself spends 4 bytes an entry
// beside the strings, so storage of max_size() bytes always suffices.
//
// The storage may have two parts. Entries lie in the first part until they no longer fit there. Then the table moves to
// the reserve, once and for good, and writes nothing to the first part from then on. A reserve that was never needed is
// never touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hpack/header_field.h"
#include "mote/span.h"

namespace mote::hpack {

class DynamicTable {
 public:
  // What an entry counts beside its strings (RFC 7541 4.1).
  static constexpr std::size_t kEntryOverhead = 32;

  // No table is larger, whatever storage it is given.
  static constexpr std::size_t kMaxSize = 65535;

  // An empty table. max_size() is the size of the larger part. A reserve that is not larger than `storage` is not used.
  // Without storage the table never holds anything.
  explicit DynamicTable(MutableBytes storage, MutableBytes reserve = {});

  [[nodiscard]] std::size_t size() const { return strings_size() + entry_count_ * kEntryOverhead; }
  [[nodiscard]] std::size_t max_size() const { return max_size_; }
  [[nodiscard]] std::size_t entry_count() const { return entry_count_; }
  // The table has moved to the reserve.
  [[nodiscard]] bool in_reserve() const { return in_reserve_; }

  // Changes whenever an entry comes or goes or max_size() changes; wraps.
  [[nodiscard]] std::uint32_t generation() const { return generation_; }

  // Evicts the oldest entries until the rest fits (RFC 7541 4.3). `max_size` is at most what the storage holds; a larger
  // one is cut to that.
  void set_max_size(std::size_t max_size);

  // The entry at `index`, 0 = the newest, in constant time. False: there is none. The views hold until the table is next
  // changed.
  [[nodiscard]] bool find(std::size_t index, HeaderField& field) const;

  // Evicts what must go, then adds an entry. One larger than max_size() leaves the table empty, which is no error
  // (RFC 7541 4.4). Neither string may lie in the table.
  void insert(std::string_view name, std::string_view value);

  void clear() { evict_to(0); }

  // Storage that no entry uses, `wanted` bytes of it if there are. What is written there holds until an entry comes or
  // more is wanted.
  [[nodiscard]] MutableBytes spare(std::size_t wanted) {
    if (free_bytes() < wanted && begin_ != 0) compact_into(storage_);
    return storage_.subspan(end_, free_bytes());
  }

 private:
  // An entry is the u16 size of its name, the name and the value. Entries lie one behind the other in
  // storage_[begin_, end_), the oldest first. Where each begins is a u16 in a list that grows down from the end of the
  // storage: slot 0 is the last two bytes. Slots below first_slot_ belong to entries that were evicted.
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
