#include "hpack/dynamic_table.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "bytes/byte_reader.h"
#include "bytes/byte_writer.h"

namespace mote::hpack {

namespace {

// Sizes and offsets in the storage are at most DynamicTable::kMaxSize.
constexpr std::uint16_t u16(std::size_t value) {
  return static_cast<std::uint16_t>(value);
}
static_assert(DynamicTable::kMaxSize <= std::numeric_limits<std::uint16_t>::max());

MutableBytes usable(MutableBytes storage) {
  return storage.first(std::min(storage.size(), DynamicTable::kMaxSize));
}

}  // namespace

DynamicTable::DynamicTable(MutableBytes storage, MutableBytes reserve)
    : storage_(usable(storage)), reserve_(usable(reserve)), max_size_(u16(std::max(storage_.size(), reserve_.size()))) {
}

void DynamicTable::set_max_size(std::size_t max_size) {
  max_size = std::min(max_size, std::max(storage_.size(), reserve_.size()));
  if (max_size == max_size_) return;
  evict_to(max_size);
  max_size_ = u16(max_size);
  ++generation_;
}

bool DynamicTable::find(std::size_t index, HeaderField& field) const {
  if (index >= entry_count_) return false;
  const std::size_t slot = std::size_t{first_slot_} + entry_count_ - 1 - index;
  const std::size_t start = offset(slot);
  const std::size_t end = index == 0 ? end_ : offset(slot + 1);
  ByteReader entry(Bytes(storage_).subspan(start, end - start));
  const std::size_t name_size = entry.take_u16();
  field.name = as_text(entry.take(name_size));
  field.value = as_text(entry.rest());
  return true;
}

void DynamicTable::insert(std::string_view name, std::string_view value) {
  const std::size_t strings_size = name.size() + value.size();
  if (strings_size + kEntryOverhead > max_size_) return clear();
  evict_to(max_size_ - strings_size - kEntryOverhead);

  const std::size_t stored_size = strings_size + kNameSizeBytes;
  if (stored_size + kSlotBytes > free_bytes()) make_room(stored_size + kSlotBytes);
  ByteWriter entry(storage_.subspan(end_, stored_size));
  entry.u16(u16(name.size()));
  entry.text(name);
  entry.text(value);
  set_offset(storage_, std::size_t{first_slot_} + entry_count_, end_);
  end_ = u16(end_ + stored_size);
  ++entry_count_;
  ++generation_;
}

std::size_t DynamicTable::offset(std::size_t slot) const {
  return ByteReader(Bytes(storage_).subspan(storage_.size() - kSlotBytes * (slot + 1), kSlotBytes)).take_u16();
}

void DynamicTable::set_offset(MutableBytes storage, std::size_t slot, std::size_t offset) {
  ByteWriter(storage.subspan(storage.size() - kSlotBytes * (slot + 1), kSlotBytes)).u16(u16(offset));
}

void DynamicTable::evict_to(std::size_t size) {
  while (this->size() > size) {
    begin_ = entry_count_ == 1 ? end_ : u16(offset(std::size_t{first_slot_} + 1));
    ++first_slot_;
    --entry_count_;
    ++generation_;
  }
}

void DynamicTable::make_room(std::size_t size_bytes) {
  const std::size_t used = static_cast<std::size_t>(end_ - begin_) + kSlotBytes * entry_count_;
  if (used + size_bytes <= storage_.size()) return compact_into(storage_);
  compact_into(reserve_);
  storage_ = reserve_;
  in_reserve_ = true;
}

// `storage` is this table's or does not overlap it.
void DynamicTable::compact_into(MutableBytes storage) {
  for (std::size_t entry = 0; entry < entry_count_; ++entry)
    set_offset(storage, entry, offset(first_slot_ + entry) - begin_);
  const Bytes live = storage_.subspan(begin_, static_cast<std::size_t>(end_ - begin_));
  if (!live.empty()) std::memmove(storage.data(), live.data(), live.size());
  begin_ = 0;
  end_ = u16(live.size());
  first_slot_ = 0;
}

}  // namespace mote::hpack
