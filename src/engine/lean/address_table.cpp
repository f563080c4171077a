#include "engine/lean/address_table.h"

#include <algorithm>
#include <new>
#include <utility>

#include "engine/lean/block_pool.h"
#include "engine/lean/connection.h"
#include "engine/lean/secret_hash.h"

namespace mote::lean {

namespace {

constexpr std::size_t kPage = BlockPool::kSmallInLarge;

constexpr std::size_t pages_for(std::size_t small) {
  return (small + kPage - 1) / kPage;
}

Resource resource(std::size_t total, std::size_t most) {
  const std::size_t each = most == 0 ? total : std::min(most, total);
  return {.total = static_cast<std::uint32_t>(total), .most = static_cast<std::uint32_t>(each)};
}

}  // namespace

bool AddressRow::may_take_blocks(std::size_t small, const FreeBlocks& free) const {
  return may_take(cost_of(small, free.in_shared_rows), free);
}

bool AddressRow::may_take_page(const FreeBlocks& free) const {
  return may_take({.pages = 1, .counted = kPage}, free);
}

bool AddressRow::may_take(const BlockCost& cost, const FreeBlocks& free) const {
  const std::size_t opened = cost.pages * kPage;
  if (opened > free.in_pages || cost.counted > free.small) return false;
  if (table == nullptr || exempt || cost.counted == 0) return true;
  const Resource& all = table->blocks();
  if (blocks + cost.counted > all.most) return false;
  if (table->alone() || blocks + cost.counted <= all.quarter()) return true;
  if (table->others_need_blocks) return false;
  return opened + all.reserve() <= std::min(free.in_pages, free.small);
}

// In the order of BlockShare::take_small(). A large block in place of eight small ones costs no more, or leaves only blocks that
// cost nothing.
AddressRow::BlockCost AddressRow::cost_of(std::size_t small, std::size_t free_in_shared_rows) const {
  const std::size_t others = small - std::min<std::size_t>(small, rows.free);
  const std::size_t shared = std::min(others, shared_blocks_left());
  const std::size_t in_shared_rows = std::min(shared, free_in_shared_rows);
  const std::size_t own_pages = pages_for(others - shared);
  const std::size_t counted = shared + own_pages * kPage;
  return {.pages = pages_for(shared - in_shared_rows) + own_pages, .counted = counted};
}

std::size_t AddressRow::shared_blocks_left() const {
  if (table == nullptr || exempt) return SIZE_MAX;
  return kSharedBlocks - std::min(kSharedBlocks, shared_blocks);
}

AddressTable::AddressTable(const engine::Limits& limits, std::span<AddressRow> rows, std::span<AddressRow*> buckets,
                           std::uint64_t secret)
    : rows_(rows),
      buckets_(buckets),
      secret_(secret),
      connections_(resource(limits.max_connections, limits.max_connections_per_address)),
      calls_(resource(limits.max_streams, limits.max_streams_per_address)),
      blocks_(resource(small_for(limits.buffer_bytes), small_for(limits.buffer_bytes_per_address))),
      large_sockets_(resource(limits.large_sockets, 0)),
      large_windows_(resource(limits.large_windows, 0)),
      upload_windows_(resource(usable_upload_windows(limits), 0)) {
  std::fill(buckets_.begin(), buckets_.end(), nullptr);
  exempt_.table = this;
  exempt_.exempt = true;
  shared_.table = this;
}

AddressRow* AddressTable::find(const AddressKey& key) const {
  AddressRow* row = bucket(key);
  while (row != nullptr && row->key != key)
    row = row->next;
  return row;
}

AddressRow& AddressTable::row(const AddressKey& key) {
  if (AddressRow* known = find(key)) return *known;
  AddressRow* row = returned_;
  if (row != nullptr) {
    returned_ = row->next;
  } else if (touched_ != rows_.size()) {
    row = &rows_[touched_++];
  } else {
    return shared_;
  }
  AddressRow*& head = bucket(key);
  head = new (row) AddressRow{.key = key, .table = this, .next = head};
  return *row;
}

void AddressTable::add(AddressRow& row, Connection& connection) {
  if (row.connection_count++ == 0) ++used_rows_;
  row.connections.add(connection);
}

void AddressTable::remove(AddressRow& row, Connection& connection) {
  row.connections.remove(connection);
  if (--row.connection_count != 0) return;
  --used_rows_;
  if (&row == &exempt_ || &row == &shared_) return;
  AddressRow** link = &bucket(row.key);
  while (*link != &row)
    link = &(*link)->next;
  *link = row.next;
  row.next = std::exchange(returned_, &row);
}

bool AddressTable::may_take(const AddressRow& row, const Resource& resource, std::size_t held, std::size_t wanted,
                            std::size_t free) const {
  if (wanted > free) return false;
  if (row.exempt) return true;
  if (held + wanted > resource.most) return false;
  return alone() || held + wanted <= resource.quarter() || wanted + resource.reserve() <= free;
}

AddressRow* AddressTable::above_share(const Resource& resource, std::uint32_t AddressRow::*held) {
  AddressRow* most = nullptr;
  each_row([&](AddressRow& row) {
    if (row.connection_count == 0 || row.exempt || row.*held <= resource.quarter()) return;
    if (most == nullptr || row.*held > most->*held) most = &row;
  });
  return most;
}

AddressRow*& AddressTable::bucket(const AddressKey& key) const {
  return buckets_[secret_bucket(secret_, key.value, buckets_.size())];
}

}  // namespace mote::lean
