#include "wire/hpack_table.h"

#include <algorithm>
#include <cstring>

namespace mote::wire {

HpackTable::HpackTable(MutableBytes storage)
    : storage_(storage), max_size_(static_cast<std::uint32_t>(std::min(storage.size(), kMaxSize))) {
}

void HpackTable::set_max_size(std::size_t max_size) {
  max_size = std::min({max_size, storage_.size(), kMaxSize});
  if (max_size == max_size_) return;
  evict_to(max_size);
  max_size_ = static_cast<std::uint32_t>(max_size);
  ++generation_;
}

bool HpackTable::find(std::size_t index, HeaderField& field) const {
  if (index >= entry_count_) return false;
  const Bytes stored(storage_);
  std::size_t end = end_;
  for (;;) {
    const std::size_t strings_size = ByteReader(stored.subspan(end - 2, 2)).take_u16();
    const std::size_t start = end - 4 - strings_size;
    if (index-- == 0) {
      ByteReader entry(stored.subspan(start, strings_size + 2));
      const Bytes strings = entry.take(strings_size);
      const std::size_t name_size = entry.take_u16();
      field = {as_text(strings.first(name_size)), as_text(strings.subspan(name_size))};
      return true;
    }
    end = start - 2;
  }
}

void HpackTable::insert(std::string_view name, std::string_view value) {
  const std::size_t strings_size = name.size() + value.size();
  if (strings_size + kEntryOverhead > max_size_) return clear();
  evict_to(max_size_ - strings_size - kEntryOverhead);

  const std::size_t stored_size = strings_size + kOwnOverhead;
  if (stored_size > storage_.size() - end_) compact_into(storage_);
  ByteWriter entry(storage_.subspan(end_, stored_size));
  entry.u16(static_cast<std::uint16_t>(strings_size));
  entry.text(name);
  entry.text(value);
  entry.u16(static_cast<std::uint16_t>(name.size()));
  entry.u16(static_cast<std::uint16_t>(strings_size));
  end_ += static_cast<std::uint32_t>(stored_size);
  ++entry_count_;
  ++generation_;
}

void HpackTable::move_to(MutableBytes storage) {
  set_max_size(std::min<std::size_t>(max_size_, storage.size()));
  compact_into(storage);
  storage_ = storage;
}

void HpackTable::evict_to(std::size_t size) {
  while (this->size() > size) {
    ByteReader oldest(Bytes(storage_).subspan(begin_, 2));
    begin_ += oldest.take_u16() + std::uint32_t{kOwnOverhead};
    --entry_count_;
    ++generation_;
  }
}

void HpackTable::compact_into(MutableBytes storage) {
  const MutableBytes live = storage_.subspan(begin_, end_ - begin_);
  if (!live.empty()) std::memmove(storage.data(), live.data(), live.size());
  begin_ = 0;
  end_ = static_cast<std::uint32_t>(live.size());
}

}  // namespace mote::wire
