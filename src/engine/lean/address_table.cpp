#include "engine/lean/address_table.h"

#include <algorithm>
#include <new>
#include <utility>

#include "engine/lean/block_pool.h"
#include "engine/lean/connection.h"
#include "engine/lean/secret_hash.h"

namespace mote::lean {

namespace {

Resource resource(std::size_t total, std::size_t most) {
  const std::size_t each = most == 0 ? total : std::min(most, total);
  return {.total = static_cast<std::uint32_t>(total), .most = static_cast<std::uint32_t>(each)};
}

}  // namespace

bool AddressRow::may_take_blocks(std::size_t small, const FreeBlocks& free) const {
  if (table == nullptr) return small <= free.small;
  const Resource& all = table->blocks();
  if (!table->may_take(*this, all, blocks, small, free.small)) return false;
  if (exempt || table->alone() || blocks + small <= all.quarter()) return true;
  // More than one block may open a page more than they fill.
  constexpr std::size_t kPage = BlockPool::kSmallInLarge;
  const std::size_t opened = small <= 1 ? small : (small + kPage - 1) / kPage * kPage + kPage;
  return opened + all.reserve() <= free.in_pages;
}

AddressTable::AddressTable(const engine::Limits& limits, std::span<AddressRow> rows, std::span<AddressRow*> buckets,
                           std::uint64_t secret)
    : rows_(rows),
      buckets_(buckets),
      secret_(secret),
      connections_(resource(limits.max_connections, limits.max_connections_per_address)),
      calls_(resource(limits.max_streams, limits.max_streams_per_address)),
      blocks_(resource(small_for(limits.buffer_bytes), small_for(limits.buffer_bytes_per_address))),
      large_sockets_(resource(limits.large_sockets, 0)) {
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
  connection.previous_of_address = nullptr;
  connection.next_of_address = row.connections;
  if (row.connections != nullptr) row.connections->previous_of_address = &connection;
  row.connections = &connection;
}

void AddressTable::remove(AddressRow& row, Connection& connection) {
  Connection* next = connection.next_of_address;
  (connection.previous_of_address == nullptr ? row.connections : connection.previous_of_address->next_of_address) =
      next;
  if (next != nullptr) next->previous_of_address = connection.previous_of_address;
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
  const std::uint64_t value = key.value ^ static_cast<std::uint64_t>(key.kind) << 60U;
  return buckets_[secret_bucket(secret_, value, buckets_.size())];
}

}  // namespace mote::lean
