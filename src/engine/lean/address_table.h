// What each peer address uses of the resources that all connections share, and how much more it may take. An address is an
// IPv4 address, the /64 of an IPv6 address, or the user at the other end of a Unix socket.
//
// The rule, for each resource (connections, calls, small blocks of the pool) and while more than one address is connected:
//   - An address that holds at most a quarter may take whatever is free.
//   - Above a quarter it may take only what leaves an eighth free, so that a newcomer finds something; of blocks nothing while
//     a message of another address waits for them.
//   - If less than the eighth is free, an address above its quarter must release some (connections: engine.cpp makes
//     room for a newcomer; calls and blocks: over_share.h).
// A page of the pool in which an address has a row of small blocks counts as a whole: nobody else can use it, however few of
// its blocks are taken. Only the first kSharedBlocks small blocks of an address are in rows that all addresses share, where each
// counts as one. So an address within its quarter keeps at most a quarter of the pages and kSharedBlocks more from others.
// So one address holds at most a quarter while others need the rest. An address that is connected alone may use everything.
// Trusted proxies are exempt.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/lean/address_key.h"
#include "engine/lean/block_rows.h"
#include "engine/lean/idle_order.h"
#include "engine/limits.h"

namespace mote::lean {

class AddressTable;
class Connection;

// Many addresses with little data need few pages: these fill one.
inline constexpr std::uint32_t kSharedBlocks = 8;

// What an address may always have of `total`: at least one.
constexpr std::size_t quarter_of(std::size_t total) {
  return std::max<std::size_t>(total / 4, 1);
}

// One resource.
struct Resource {
  std::uint32_t total = 0;
  std::uint32_t most = 0;  // Of one address, also if it is alone.

  [[nodiscard]] std::uint32_t quarter() const { return static_cast<std::uint32_t>(quarter_of(total)); }
  // What stays free for addresses within their quarter.
  [[nodiscard]] std::uint32_t reserve() const { return total < 4 ? 0 : (total < 8 ? 1 : total / 8); }
};

// Blocks of the pool that are free for any address, counted in small ones.
struct FreeBlocks {
  std::size_t small = 0;  // Without memory that is set aside.
  // Those in pages that are wholly free. The reserve consists of them: large blocks need a page.
  std::size_t in_pages = 0;
  std::size_t in_shared_rows = 0;
};

struct AddressRow {
  AddressKey key{};
  const AddressTable* table = nullptr;  // nullptr: nothing is limited.
  AddressRow* next = nullptr;           // In its bucket, or free.
  IdleOrder connections{};              // Its open connections.
  std::uint32_t connection_count = 0;
  std::uint32_t calls = 0;
  std::uint32_t blocks = 0;         // Small blocks, with all of the pages of its own rows.
  std::uint32_t shared_blocks = 0;  // Of them, those in shared rows.
  BlockRows rows{};                 // Of its own.
  std::uint32_t large_sockets = 0;
  std::uint32_t large_windows = 0;
  std::uint32_t upload_sockets = 0;  // With upload windows, or still large after them.
  std::uint32_t reserved_calls = 0;  // Calls in reserved-streams.
#ifdef MOTE_TLS
  std::uint32_t handshakes = 0;  // TLS handshakes under way.
#endif
  bool exempt = false;

  // Whether the address may take `small` more blocks. If so, it may take them one by one.
  [[nodiscard]] bool may_take_blocks(std::size_t small, const FreeBlocks& free) const;
  // Whether so many more small blocks leave it within its quarter and its own limit.
  [[nodiscard]] bool within_quarter_with(std::size_t small) const;
  // Whether it may take a page as one large block.
  [[nodiscard]] bool may_take_page(const FreeBlocks& free) const;
  // The next small block comes from a row of its own.
  [[nodiscard]] bool takes_from_own_row() const {
    return rows.free != 0 || shared_blocks_left() == 0;
  }

 private:
  // What taking small blocks costs.
  struct BlockCost {
    std::size_t pages = 0;    // Opened.
    std::size_t counted = 0;  // Small blocks that nobody else can take any more.
  };
  [[nodiscard]] bool may_take(const BlockCost& cost, const FreeBlocks& free) const;
  [[nodiscard]] BlockCost cost_of(std::size_t small, std::size_t free_in_shared_rows) const;
  [[nodiscard]] std::size_t shared_blocks_left() const;
};

class AddressTable {
 public:
  // A hash table: `buckets` is a power of two. Both are uninitialised; `secret` makes collisions unpredictable.
  AddressTable(const engine::Limits& limits, std::span<AddressRow> rows, std::span<AddressRow*> buckets,
               std::uint64_t secret);
  AddressTable(const AddressTable&) = delete;
  AddressTable& operator=(const AddressTable&) = delete;

  // The row of an address; if it has none yet, nullptr.
  [[nodiscard]] AddressRow* find(const AddressKey& key) const;
  // The same with a new row if necessary. If the table is full, the row that such addresses share.
  AddressRow& row(const AddressKey& key);
  // The row of trusted proxies.
  AddressRow& exempt_row() { return exempt_; }
  [[nodiscard]] const AddressRow& shared_row() const { return shared_; }

  // Counts a connection. remove() releases the row with its last connection.
  void add(AddressRow& row, Connection& connection);
  void remove(AddressRow& row, Connection& connection);

  // Rows in use, and every row that was ever used.
  [[nodiscard]] std::size_t used_rows() const { return used_rows_; }
  [[nodiscard]] std::span<const AddressRow> rows() const { return rows_.first(touched_); }

  // Only one address is connected.
  [[nodiscard]] bool alone() const { return used_rows_ <= 1; }
  [[nodiscard]] const Resource& connections() const { return connections_; }
  [[nodiscard]] const Resource& calls() const { return calls_; }
  [[nodiscard]] const Resource& blocks() const { return blocks_; }
  [[nodiscard]] const Resource& large_sockets() const { return large_sockets_; }
  [[nodiscard]] const Resource& large_windows() const { return large_windows_; }
  [[nodiscard]] const Resource& upload_windows() const { return upload_windows_; }

  // Half of these may hold the beginnings of messages (SetAside): with the reserve, a message and its reply still fit.
  [[nodiscard]] std::size_t blocks_to_set_aside_from() const { return blocks_.total - 2 * blocks_.reserve(); }

  // Whether an address that holds `held` may take `wanted` more of a resource of which `free` are free.
  [[nodiscard]] bool may_take(const AddressRow& row, const Resource& resource, std::size_t held, std::size_t wanted,
                              std::size_t free) const;
  // The address above its quarter that holds most of a resource; nullptr if there is none.
  AddressRow* above_share(const Resource& resource, std::uint32_t AddressRow::*held);
  // Messages of addresses within their quarter wait for memory, or did so a moment ago again (over_share.h): nobody may take more
  // than a quarter.
  bool others_need_blocks = false;

  // Calls `visit` with each row that was ever used, and the two special ones. Free rows have no connections.
  template <class Visit>
  void each_row(Visit visit);

 private:
  AddressRow*& bucket(const AddressKey& key) const;

  std::span<AddressRow> rows_;
  std::span<AddressRow*> buckets_;
  std::uint64_t secret_;
  AddressRow* returned_ = nullptr;
  std::size_t touched_ = 0;
  std::size_t used_rows_ = 0;
  AddressRow exempt_;
  AddressRow shared_;
  Resource connections_;
  Resource calls_;
  Resource blocks_;
  Resource large_sockets_;
  Resource large_windows_;
  Resource upload_windows_;
};

inline bool AddressRow::within_quarter_with(std::size_t small) const {
  return table != nullptr && blocks + small <= table->blocks().quarter() && blocks + small <= table->blocks().most;
}

template <class Visit>
void AddressTable::each_row(Visit visit) {
  for (AddressRow& row : rows_.first(touched_))
    visit(row);
  visit(shared_);
  visit(exempt_);
}

}  // namespace mote::lean
