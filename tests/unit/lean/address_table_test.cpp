#include "engine/lean/address_table.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <set>

#include "engine/lean/connection.h"
#include "engine/lean/peer.h"
#include "support/block_memory.h"
#include "support/cmocka_test.h"
#include "support/lean_loop.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::lean;
using Kind = AddressKey::Kind;

AddressKey key_of_text(std::string_view text) {
  return key_of(*engine::parse_address(text).address);
}

// Rows without connections: the table is asked about numbers.
struct Fixture {
  explicit Fixture(std::uint32_t streams = 16, std::uint32_t streams_per_address = 0)
      : limits(test::limits([&](engine::Limits& chosen) {
          chosen.max_streams = streams;
          chosen.max_streams_per_address = streams_per_address;
        })) {}

  bool may_take(const AddressRow& row, std::size_t held, std::size_t free, std::size_t wanted = 1) {
    return table.may_take(row, table.calls(), held, wanted, free);
  }

  engine::Limits limits;
  std::array<AddressRow, 4> rows;
  std::array<AddressRow*, 4> buckets{};
  AddressTable table{limits, rows, buckets, 12345};
};

// --- Keys ---

void test_an_ipv4_address_is_a_key(void**) {
  assert_true(key_of_text("192.0.2.1:5") == (AddressKey{.value = 0xc0000201, .kind = Kind::Ipv4}));
  assert_true(key_of_text("192.0.2.1:6") == key_of_text("192.0.2.1:5"));
  assert_false(key_of_text("192.0.2.2:5") == key_of_text("192.0.2.1:5"));
}

void test_a_64_of_ipv6_is_a_key(void**) {
  assert_true(key_of_text("[2001:db8:1:2:3:4:5:6]:1") == (AddressKey{.value = 0x20010db800010002, .kind = Kind::Ipv6}));
  assert_true(key_of_text("[2001:db8:1:2::1]:1") == key_of_text("[2001:db8:1:2:ffff::]:1"));
  assert_false(key_of_text("[2001:db8:1:3::1]:1") == key_of_text("[2001:db8:1:2::1]:1"));
}

void test_a_mapped_address_is_its_ipv4_address(void**) {
  assert_true(key_of_text("[::ffff:192.0.2.1]:1") == key_of_text("192.0.2.1:1"));
}

void test_a_unix_socket_has_the_user_at_its_other_end(void**) {
  std::array<int, 2> ends{};
  assert_int_equal(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  assert_true(key_of_peer(ends[0], peer_address(ends[0])) == (AddressKey{.value = ::geteuid(), .kind = Kind::User}));
  for (const int end : ends)
    ::close(end);
  assert_true(key_of_peer(-1, {}) == AddressKey{});
  assert_false(user_of_peer(-1).has_value());
}

// --- Rows ---

void test_an_address_keeps_its_row_while_it_is_connected(void**) {
  test::LeanLoop loop;
  loop.come_from(7);
  const auto first = loop.connect();
  AddressRow* row = loop.core().addresses.find({.value = 7, .kind = Kind::User});
  assert_non_null(row);
  assert_true(loop.core().addresses.alone());
  const auto second = loop.connect();
  assert_int_equal(row->connection_count, 2);
  loop.come_from(8);
  const auto other = loop.connect();
  assert_false(loop.core().addresses.alone());
  first->close();
  loop.settle();
  assert_int_equal(row->connection_count, 1);
  second->close();
  loop.settle();
  assert_null(loop.core().addresses.find({.value = 7, .kind = Kind::User}));
  assert_true(loop.core().addresses.alone());
  loop.finish();
}

void test_a_full_table_has_one_row_for_all_others(void**) {
  test::LeanLoop loop(test::limits([](engine::Limits& limits) { limits.max_addresses = 2; }));
  std::vector<std::unique_ptr<test::RawClient>> clients;
  for (std::uint32_t user = 1; user <= 4; ++user) {
    loop.come_from(user);
    clients.push_back(loop.connect());
  }
  assert_int_equal(loop.core().addresses.shared_row().connection_count, 2);
  assert_null(loop.core().addresses.find({.value = 3, .kind = Kind::User}));
  clients[0]->close();
  loop.settle();
  loop.come_from(5);
  clients.push_back(loop.connect());
  assert_non_null(loop.core().addresses.find({.value = 5, .kind = Kind::User}));
  loop.finish();
}

// Rows that are free are used again, each for one address.
void test_rows_are_used_again(void**) {
  test::LeanLoop loop(test::limits([](engine::Limits& limits) { limits.max_addresses = 3; }));
  std::vector<std::unique_ptr<test::RawClient>> clients;
  for (std::uint32_t user = 1; user <= 6; ++user) {
    if (user == 4) {
      clients.clear();
      loop.settle();
    }
    loop.come_from(user);
    clients.push_back(loop.connect());
  }
  std::set<const AddressRow*> rows;
  for (std::uint32_t user = 4; user <= 6; ++user)
    rows.insert(loop.core().addresses.find({.value = user, .kind = Kind::User}));
  assert_int_equal(rows.size(), 3);
  assert_false(rows.contains(nullptr));
  loop.finish();
}

// The memory of the table may hold anything.
void test_a_new_table_is_empty(void**) {
  constexpr AddressKey kKey = {.value = 1, .kind = Kind::Ipv4};
  const engine::Limits limits = test::limits();
  AddressRow other{.key = kKey};
  std::array<AddressRow, 1> rows;
  std::array<AddressRow*, 2> buckets = {&other, &other};
  const AddressTable table(limits, rows, buckets, 12345);
  assert_null(table.find(kKey));
}

// --- The rule ---

void test_alone_an_address_may_take_everything(void**) {
  Fixture f;
  const AddressRow& row = f.table.row({.value = 1, .kind = Kind::Ipv4});
  assert_true(f.may_take(row, 15, 1));
  assert_false(f.may_take(row, 16, 0));
}

void test_within_its_quarter_an_address_may_take_the_reserve(void**) {
  test::LeanLoop loop(test::limits([](engine::Limits& limits) { limits.max_streams = 16; }));
  const auto first = loop.connect();
  loop.come_from(1);
  const auto second = loop.connect();
  AddressTable& table = loop.core().addresses;
  const AddressRow& row = *table.find({.value = 1, .kind = Kind::User});
  assert_true(table.may_take(row, table.calls(), 3, 1, 1));
  assert_false(table.may_take(row, table.calls(), 3, 1, 0));
  // Above the quarter of 4, an eighth has to stay free: 2.
  assert_false(table.may_take(row, table.calls(), 4, 1, 2));
  assert_true(table.may_take(row, table.calls(), 4, 1, 3));
  assert_true(table.may_take(table.exempt_row(), table.calls(), 15, 1, 1));
  loop.finish();
}

void test_a_limit_for_an_address_holds_for_one_that_is_alone(void**) {
  Fixture f(16, 5);
  const AddressRow& row = f.table.row({.value = 1, .kind = Kind::Ipv4});
  assert_true(f.may_take(row, 4, 12));
  assert_false(f.may_take(row, 5, 11));
  assert_true(f.may_take(f.table.exempt_row(), 5, 11));
}

void test_the_address_above_its_quarter_that_holds_most(void**) {
  test::LeanLoop loop(test::limits([](engine::Limits& limits) { limits.max_streams = 16; }));
  const auto first = loop.connect();
  loop.come_from(1);
  const auto second = loop.connect();
  AddressTable& table = loop.core().addresses;
  AddressRow& one = *table.find({.value = 0, .kind = Kind::User});
  AddressRow& other = *table.find({.value = 1, .kind = Kind::User});
  const auto above = [&] { return table.above_share(table.calls(), &AddressRow::calls); };
  one.calls = 4;
  assert_null(above());
  other.calls = 5;
  assert_ptr_equal(above(), &other);
  one.calls = 6;
  assert_ptr_equal(above(), &one);
  // A trusted proxy has no share.
  AddressRow& proxies = table.exempt_row();
  proxies.connection_count = 1;
  proxies.calls = 10;
  assert_ptr_equal(above(), &one);
  proxies.connection_count = 0;
  proxies.calls = one.calls = other.calls = 0;
  loop.finish();
}

// More than a quarter, and more than the limit of an address.
void test_a_trusted_proxy_may_take_all_blocks(void**) {
  test::LeanLoop loop(test::limits([](engine::Limits& limits) { limits.buffer_bytes_per_address = 256 * 1024; }));
  const auto first = loop.connect();
  loop.come_from(1);
  const auto second = loop.connect();
  AddressTable& table = loop.core().addresses;
  const std::uint32_t all = table.blocks().total;
  const FreeBlocks free{.small = all, .in_pages = all, .in_shared_rows = 0};
  assert_true(table.exempt_row().may_take_blocks(all, free));
  const AddressRow& row = *table.find({.value = 1, .kind = Kind::User});
  assert_true(row.may_take_blocks(table.blocks().quarter() - BlockPool::kSmallInLarge, free));
  assert_false(row.may_take_blocks(table.blocks().most + 1, free));
  loop.finish();
}

// What is free, in whole pages or at all, has to exceed what is taken by the reserve.
void test_above_its_quarter_an_address_leaves_the_reserve_of_blocks(void**) {
  test::LeanLoop loop(test::limits([](engine::Limits& limits) { limits.buffer_bytes = 1024 * 1024; }));
  const auto first = loop.connect();
  loop.come_from(1);
  const auto second = loop.connect();
  AddressTable& table = loop.core().addresses;
  AddressRow& row = *table.find({.value = 1, .kind = Kind::User});
  constexpr std::uint32_t kPage = BlockPool::kSmallInLarge;
  const std::uint32_t needed = kPage + table.blocks().reserve();
  assert_int_equal(needed, 8 + 128);
  row.blocks = table.blocks().quarter() - kPage;
  assert_true(row.may_take_page({.small = kPage, .in_pages = kPage}));
  ++row.blocks;
  assert_true(row.may_take_page({.small = needed, .in_pages = needed}));
  assert_false(row.may_take_page({.small = needed - 1, .in_pages = needed}));
  assert_false(row.may_take_page({.small = needed, .in_pages = needed - 1}));
  row.blocks = 0;
  loop.finish();
}

// --- Rows of small blocks ---

// What one address holds of a pool: queues of reserved blocks.
struct Holder {
  Holder(test::LeanLoop& loop, std::uint32_t user)
      : client(connect(loop, user)),
        row(*loop.core().addresses.find({.value = user, .kind = Kind::User})),
        share(loop.core().blocks, loop.core().blocks_aside, row, 1 << 20U, 0) {}

  static std::unique_ptr<test::RawClient> connect(test::LeanLoop& loop, std::uint32_t user) {
    loop.come_from(user);
    return loop.connect();
  }
  // The pages with a block of it.
  [[nodiscard]] std::size_t pages() const {
    std::set<std::size_t> places;
    for (const BlockQueue& queue : queues)
      for (const mote_piece* piece = queue.pieces(); piece != nullptr; piece = piece->next)
        places.insert(static_cast<const Block*>(piece)->place / BlockPool::kSmallInLarge);
    return places.size();
  }
  // Takes what could_take() promises, and nothing else.
  void take(std::size_t bytes) {
    BlockQueue queue;
    const bool could = share.could_take(bytes);
    if (share.could_easily_take(bytes)) assert_true(could);
    assert_int_equal(queue.reserve(share, bytes), could);
    if (could && bytes != 0) queues.push_back(queue);
  }
  void release(std::size_t index) {
    std::swap(queues[index], queues.back());
    queues.back().clear(share);
    queues.pop_back();
  }

  std::unique_ptr<test::RawClient> client;
  AddressRow& row;
  BlockShare share;
  std::deque<BlockQueue> queues;
};

// What could_take() promises can be taken, and an address within its quarter is in few pages, whatever was taken and released.
void test_rows_of_addresses_at_random(void**) {
  constexpr std::size_t kPages = 48;
  constexpr std::size_t kMostBytes = 40 * 1024;
  std::mt19937 random = test::seeded_random();
  test::LeanLoop loop(test::limits([](engine::Limits& limits) {
    limits.max_message_bytes = 8 * 1024;
    limits.buffer_bytes = kPages * BlockPool::kLargeBytes;
  }));
  const BlockPool& pool = loop.core().blocks;
  std::deque<Holder> holders;
  std::size_t most_pages_within = 0;
  for (std::size_t step = 0; step < 30'000; ++step) {
    if (step % 3000 == 0 && holders.size() < 5) holders.emplace_back(loop, static_cast<std::uint32_t>(step / 3000 + 1));
    Holder& holder = holders[test::pick(random, holders.size() - 1)];
    const std::size_t bytes =
        test::pick(random, 2) == 0 ? test::pick(random, kMostBytes) : 1 + test::pick(random, 2000);
    const bool releases = test::pick(random, 99) < (step / 500 % 2 == 0 ? 20U : 80U);
    if (releases && !holder.queues.empty()) {
      holder.release(test::pick(random, holder.queues.size() - 1));
    } else {
      holder.take(bytes);
    }
    std::size_t counted = 0;
    for (const Holder& each : holders) {
      counted += each.row.blocks;
      const AddressTable& table = loop.core().addresses;
      if (each.row.blocks <= table.blocks().quarter()) most_pages_within = std::max(most_pages_within, each.pages());
    }
    assert_int_equal(counted + pool.free_in_pages() + pool.free_in_shared_rows(), kPages * BlockPool::kSmallInLarge);
  }
  assert_in_range(most_pages_within, 1, kPages / 4 + kSharedBlocks);
  for (Holder& holder : holders) {
    for (BlockQueue& queue : holder.queues)
      queue.clear(holder.share);
    assert_int_equal(holder.row.blocks, 0);
    assert_int_equal(holder.row.shared_blocks, 0);
    assert_int_equal(holder.row.rows.free, 0);
  }
  assert_int_equal(pool.free_in_pages(), kPages * BlockPool::kSmallInLarge);
  loop.finish();
}

// What a connection behind a trusted proxy has taken counts for the address that the proxy names.
void test_a_share_that_moves_to_another_address(void**) {
  test::LeanLoop loop;
  Holder holder(loop, 1);
  AddressRow& proxies = loop.core().addresses.exempt_row();
  BlockShare share(loop.core().blocks, loop.core().blocks_aside, proxies, 1 << 20U, 0);
  Block* const small[] = {share.take_small(), share.take_small(), share.take_small()};
  Block* const large = share.take_large();
  share.release(*small[1]);
  assert_int_equal(proxies.blocks, 2 + BlockPool::kSmallInLarge);
  assert_int_equal(proxies.shared_blocks, 2);
  share.move_to(holder.row);
  assert_int_equal(proxies.blocks, 0);
  assert_int_equal(proxies.shared_blocks, 0);
  assert_int_equal(holder.row.blocks, 2 + BlockPool::kSmallInLarge);
  assert_int_equal(holder.row.shared_blocks, 2);
  for (Block* block : {small[0], small[2], large})
    share.release(*block);
  assert_int_equal(holder.row.blocks, 0);
  assert_int_equal(holder.row.shared_blocks, 0);
  loop.finish();
}

// buffer-bytes-per-address holds for an address that is alone, and for the row of all that have none of their own.
void test_a_limit_for_the_blocks_of_an_address(void**) {
  const engine::Limits limits = test::limits([](engine::Limits& chosen) {
    chosen.buffer_bytes = 1024 * 1024;
    chosen.buffer_bytes_per_address = 128 * 1024;
  });
  std::array<AddressRow, 1> rows;
  std::array<AddressRow*, 4> buckets{};
  AddressTable table(limits, rows, buckets, 12345);
  AddressRow& known = table.row({.value = 1, .kind = Kind::Ipv4});
  AddressRow& shared = table.row({.value = 2, .kind = Kind::Ipv4});
  assert_ptr_equal(&shared, &table.shared_row());
  const FreeBlocks free{.small = 1024, .in_pages = 1024};
  for (AddressRow* row : {&known, &shared}) {
    row->blocks = 128 - BlockPool::kSmallInLarge;
    assert_true(row->may_take_page(free));
    ++row->blocks;
    assert_false(row->may_take_page(free));
  }
}

void test_within_its_quarter_and_its_limit(void**) {
  for (const std::uint32_t own : {0U, 128U, 512U}) {
    const engine::Limits limits = test::limits([own](engine::Limits& chosen) {
      chosen.buffer_bytes = 1024 * 1024;
      chosen.buffer_bytes_per_address = own * 1024;
    });
    std::array<AddressRow, 1> rows;
    std::array<AddressRow*, 4> buckets{};
    AddressTable table(limits, rows, buckets, 12345);
    AddressRow& row = table.row({.value = 1, .kind = Kind::Ipv4});
    row.blocks = 1;
    const std::size_t most = own == 128 ? 127 : 255;
    assert_true(row.within_quarter_with(most));
    assert_false(row.within_quarter_with(most + 1));
  }
  assert_false(AddressRow().within_quarter_with(0));
}

// That of trusted proxies too: within a quarter their blocks need no look at the rows.
void test_the_quarter_of_trusted_proxies(void**) {
  Fixture f;
  const AddressRow& proxies = f.table.exempt_row();
  assert_true(proxies.within_quarter_with(f.table.blocks().quarter()));
  assert_false(proxies.within_quarter_with(f.table.blocks().quarter() + 1));
}

void test_all_rows_are_visited(void**) {
  Fixture f;
  std::set<const AddressRow*> rows = {&f.table.shared_row(), &f.table.exempt_row()};
  for (const std::uint64_t value : {1U, 2U})
    rows.insert(&f.table.row({.value = value, .kind = Kind::Ipv4}));
  std::multiset<const AddressRow*> visited;
  f.table.each_row([&visited](const AddressRow& row) { visited.insert(&row); });
  assert_true(std::ranges::equal(visited, rows));
}

// In a few instructions, which need no look at the rows of blocks: two pages more than the bytes take.
void test_blocks_that_are_easily_taken(void**) {
  Fixture f;
  constexpr std::uint32_t kMore = 2 * BlockPool::kSmallInLarge;
  test::BlockMemory memory(3);
  memory.address.table = &f.table;
  const auto share = [&memory](std::size_t small) {
    return BlockShare(memory.pool, memory.aside, memory.address, small * BlockPool::kSmallBytes, 0);
  };
  assert_true(share(kMore + 1).could_easily_take(1));
  assert_false(share(kMore).could_easily_take(1));
  // The pool has 24 blocks.
  assert_true(share(100).could_easily_take(8 * BlockPool::kSmallBytes));
  assert_false(share(100).could_easily_take(8 * BlockPool::kSmallBytes + 1));
  // The address has a quarter.
  memory.address.blocks = f.table.blocks().quarter() - kMore - 1;
  assert_true(share(100).could_easily_take(1));
  assert_false(share(100).could_easily_take(BlockPool::kSmallBytes + 1));
}

void test_quarter_and_reserve_of_small_totals(void**) {
  for (const auto [total, quarter, reserve] :
       {std::array{1U, 1U, 0U}, std::array{3U, 1U, 0U}, std::array{4U, 1U, 1U}, std::array{7U, 1U, 1U},
        std::array{8U, 2U, 1U}, std::array{256U, 64U, 32U}}) {
    const Resource resource{.total = total, .most = total};
    assert_int_equal(resource.quarter(), quarter);
    assert_int_equal(resource.reserve(), reserve);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_an_ipv4_address_is_a_key),
      cmocka_unit_test(test_a_64_of_ipv6_is_a_key),
      cmocka_unit_test(test_a_mapped_address_is_its_ipv4_address),
      cmocka_unit_test(test_a_unix_socket_has_the_user_at_its_other_end),
      cmocka_unit_test(test_an_address_keeps_its_row_while_it_is_connected),
      cmocka_unit_test(test_a_full_table_has_one_row_for_all_others),
      cmocka_unit_test(test_rows_are_used_again),
      cmocka_unit_test(test_a_new_table_is_empty),
      cmocka_unit_test(test_alone_an_address_may_take_everything),
      cmocka_unit_test(test_within_its_quarter_an_address_may_take_the_reserve),
      cmocka_unit_test(test_a_limit_for_an_address_holds_for_one_that_is_alone),
      cmocka_unit_test(test_the_address_above_its_quarter_that_holds_most),
      cmocka_unit_test(test_a_trusted_proxy_may_take_all_blocks),
      cmocka_unit_test(test_above_its_quarter_an_address_leaves_the_reserve_of_blocks),
      cmocka_unit_test(test_rows_of_addresses_at_random),
      cmocka_unit_test(test_a_share_that_moves_to_another_address),
      cmocka_unit_test(test_a_limit_for_the_blocks_of_an_address),
      cmocka_unit_test(test_within_its_quarter_and_its_limit),
      cmocka_unit_test(test_the_quarter_of_trusted_proxies),
      cmocka_unit_test(test_all_rows_are_visited),
      cmocka_unit_test(test_blocks_that_are_easily_taken),
      cmocka_unit_test(test_quarter_and_reserve_of_small_totals),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
