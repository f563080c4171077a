#include "engine/lean/header_tables.h"

#include <sys/mman.h>

#include <algorithm>

#include "engine/lean/poison.h"

namespace mote::lean {

HeaderTables::HeaderTables(const Memory& memory)
    : memory_(memory), reserves_in_page_(std::max<std::size_t>(memory.page_bytes / kReserveBytes, 1)) {
}

HeaderTables::Parts HeaderTables::open(std::size_t index) {
  const Parts parts = this->parts(index);
  unpoison(parts.table.data(), parts.table.size());
  unpoison(parts.reserve.data(), parts.reserve.size());
  ++memory_.pages[index / reserves_in_page_].open;
  return parts;
}

void HeaderTables::close(std::size_t index, bool reserve_used) {
  const Parts parts = this->parts(index);
  poison(parts.table.data(), parts.table.size());
  poison(parts.reserve.data(), parts.reserve.size());
  Page& page = memory_.pages[index / reserves_in_page_];
  --page.open;
  page.touched |= reserve_used;
  if (page.open == 0 && page.touched) release_page(index / reserves_in_page_);
}

HeaderTables::Parts HeaderTables::parts(std::size_t index) const {
  return {memory_.small.subspan(index * kSmallBytes, kSmallBytes),
          memory_.reserves.subspan(index * kReserveBytes, kReserveBytes)};
}

void HeaderTables::release_page(std::size_t page) const {
  const std::size_t size = reserves_in_page_ * kReserveBytes;
  // The page may hold other data after the last reserve.
  if ((page + 1) * size > memory_.reserves.size()) return;
  // The kernel may refuse if memory is locked: then the page stays, and the next connection uses it again.
  if (::madvise(memory_.reserves.subspan(page * size).data(), size, MADV_DONTNEED) == 0)
    memory_.pages[page].touched = false;
}

}  // namespace mote::lean
