#include "engine/lean/block_pool.h"

#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "engine/lean/poison.h"
#include "support/cmocka_test.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::lean;

constexpr std::size_t kSmall = BlockPool::kSmallBytes;
constexpr std::size_t kLarge = BlockPool::kLargeBytes;
constexpr std::size_t kRow = BlockPool::kSmallInLarge;

// A pool in memory of exactly its size, and one share of it.
struct Memory {
  explicit Memory(std::size_t count, std::size_t share_bytes = 1 << 20U)
      : pages(count), bytes(count * kLarge, 0xcc), pool(pages, bytes), share(pool, aside, address, share_bytes, 0) {}
  ~Memory() { lean::unpoison(bytes.data(), bytes.size()); }

  std::vector<BlockPool::Page> pages;
  std::vector<std::uint8_t> bytes;
  BlockPool pool;
  PoolAside aside{0, 0};
  AddressRow address;  // Without a table: nothing limits it.
  BlockShare share;
};

std::vector<std::uint8_t> numbered(std::size_t size, std::uint8_t first = 0) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::uint8_t>(first + i);
  return bytes;
}

std::vector<std::uint8_t> content(const BlockQueue& queue) {
  std::vector<std::uint8_t> bytes;
  for (const mote_piece* piece = queue.pieces(); piece != nullptr; piece = piece->next) {
    const Bytes part(piece->data, piece->size);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

// --- BlockPool ---

void check_fresh(Block& block, std::size_t size) {
  assert_null(block.next);
  assert_true(block.content().empty());
  assert_int_equal(block.storage.size(), size);
  assert_int_equal(block.tail().size(), size);
  assert_ptr_equal(block.tail().data(), block.storage.data());
}

void test_a_page_is_one_large_block_or_a_row_of_small_ones(void**) {
  Memory memory(3);
  assert_int_equal(memory.pool.free_small(), 3 * kRow);
  Block* large = memory.pool.take_large();
  check_fresh(*large, kLarge);
  assert_int_equal(memory.pool.free_small(), 2 * kRow);
  std::set<std::uint8_t*> places;
  for (std::size_t i = 0; i < 2 * kRow; ++i) {
    Block* small = memory.pool.take_small();
    check_fresh(*small, kSmall);
    std::fill(small->storage.begin(), small->storage.end(), std::uint8_t(0xee));
    places.insert(small->storage.data());
    assert_int_equal(memory.pool.free_small(), 2 * kRow - i - 1);
  }
  assert_int_equal(places.size(), 2 * kRow);
  assert_null(memory.pool.take_small());
  assert_null(memory.pool.take_large());
  assert_true(std::all_of(large->storage.begin(), large->storage.end(), [](auto byte) { return byte == 0xcc; }));
}

void test_a_large_block_needs_a_page_with_no_small_one_taken(void**) {
  Memory memory(1);
  Block* small = memory.pool.take_small();
  assert_null(memory.pool.take_large());
  memory.pool.release(*small);
  Block* large = memory.pool.take_large();
  assert_non_null(large);
  assert_null(memory.pool.take_small());
  memory.pool.release(*large);
  assert_int_equal(memory.pool.free_small(), kRow);
}

void test_small_blocks_fill_the_rows_that_are_begun(void**) {
  Memory memory(3);
  std::vector<Block*> small;
  for (std::size_t i = 0; i < 2 * kRow; ++i)
    small.push_back(memory.pool.take_small());
  memory.pool.release(*small[3]);
  memory.pool.release(*small[kRow + 5]);
  assert_non_null(memory.pool.take_small());
  assert_non_null(memory.pool.take_small());
  assert_non_null(memory.pool.take_large());
  assert_null(memory.pool.take_small());
}

void test_a_released_block_is_empty_again(void**) {
  Memory memory(1);
  Block* first = memory.pool.take_small();
  first->fill(5);
  first->discard(2);
  first->next = first;
  memory.pool.release(*first);
  check_fresh(*memory.pool.take_small(), kSmall);
}

void test_a_block_is_filled_at_its_end_and_discarded_at_its_front(void**) {
  Memory memory(1);
  Block* block = memory.pool.take_small();
  block->fill(10);
  block->discard(4);
  assert_ptr_equal(block->content().data(), block->storage.subspan(4).data());
  assert_int_equal(block->content().size(), 6);
  assert_int_equal(block->tail().size(), kSmall - 10);
  block->fill(kSmall - 10);
  assert_true(block->tail().empty());
  block->discard(kSmall - 4);
  assert_true(block->content().empty());
}

// Any order of taking and releasing: nothing overlaps, nothing is lost, and what is free can be had.
void test_no_byte_of_a_pool_is_used_twice(void**) {
  constexpr std::size_t kPages = 6;
  std::mt19937 random = test::seeded_random();
  Memory memory(kPages);
  std::vector<Block*> taken;
  std::size_t used = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t what = test::pick(random, 9);
    Block* block = what < 4 ? memory.pool.take_small() : what < 5 ? memory.pool.take_large() : nullptr;
    if (block != nullptr) {
      std::fill(block->storage.begin(), block->storage.end(), static_cast<std::uint8_t>(step));
      block->data = block->storage.data();
      taken.push_back(block);
      used += block->storage.size() / kSmall;
    } else if (what < 4) {
      assert_int_equal(used, kPages * kRow);
    } else if (what >= 5 && !taken.empty()) {
      std::swap(taken[test::pick(random, taken.size() - 1)], taken.back());
      const MutableBytes storage = taken.back()->storage;
      const std::uint8_t mark = storage.front();
      assert_true(std::all_of(storage.begin(), storage.end(), [mark](std::uint8_t byte) { return byte == mark; }));
      used -= storage.size() / kSmall;
      memory.pool.release(*taken.back());
      taken.pop_back();
    }
    assert_int_equal(memory.pool.free_small(), kPages * kRow - used);
  }
  for (Block* block : taken)
    memory.pool.release(*block);
  for (std::size_t i = 0; i < kPages; ++i)
    assert_non_null(memory.pool.take_large());
}

// --- BlockShare ---

void test_a_share_ends_before_the_pool(void**) {
  Memory memory(10, 10 * kSmall);
  assert_true(memory.share.could_take(10 * kSmall));
  assert_false(memory.share.could_take(10 * kSmall + 1));
  assert_true(memory.share.exceeded_by(10 * kSmall + 1));
  Block* large = memory.share.take(kLarge);
  assert_int_equal(large->storage.size(), kLarge);
  assert_int_equal(memory.share.used(), kRow);
  assert_null(memory.share.take_large());
  assert_int_equal(memory.share.take(kLarge)->storage.size(), kSmall);
  Block* last = memory.share.take(1);
  assert_int_equal(last->storage.size(), kSmall);
  assert_int_equal(memory.share.used(), 10);
  assert_null(memory.share.take(1));
  assert_null(memory.share.take_small());
  assert_true(memory.share.exceeded_by(1));
  assert_true(memory.share.could_take(0));
  memory.share.release(*last);
  assert_true(memory.share.could_take(kSmall));
  memory.share.release(*large);
  assert_int_equal(memory.share.used(), 1);
  assert_int_equal(memory.pool.free_small(), 10 * kRow - 1);
}

void test_a_pool_ends_before_the_share(void**) {
  Memory memory(2);
  BlockShare other(memory.pool, memory.aside, memory.address, kLarge, 0);
  assert_non_null(other.take_large());
  assert_true(memory.share.could_take(kLarge));
  assert_false(memory.share.could_take(kLarge + 1));
  assert_false(memory.share.exceeded_by(kLarge + 1));
  assert_non_null(memory.share.take_large());
  assert_null(memory.share.take_small());
  assert_int_equal(memory.share.used(), kRow);
}

void test_what_is_set_aside_is_not_admitted(void**) {
  Memory memory(4);
  PoolAside pool_aside(6 * kSmall, 4 * kRow);
  BlockShare share(memory.pool, pool_aside, memory.address, 2 * kLarge, 3 * kSmall);
  assert_true(share.could_admit(13 * kSmall, 0));
  assert_false(share.could_admit(13 * kSmall + 1, 0));
  Block* beginning = share.take_small();
  share.count_aside(0, 1);
  assert_true(share.could_admit(13 * kSmall, 0));
  // If the call that holds it is admitted, as much is set aside again.
  assert_false(share.could_admit(13 * kSmall, 1));
  assert_true(share.could_admit(12 * kSmall, 1));
  share.count_aside(1, 0);
  share.release(*beginning);
  assert_true(share.could_admit(13 * kSmall, 0));
}

void test_memory_set_aside_of_the_pool(void**) {
  Memory memory(2);
  PoolAside pool_aside(5 * kSmall, 2 * kRow);
  BlockShare share(memory.pool, pool_aside, memory.address, 1 << 20U, 0);
  assert_true(share.could_admit(11 * kSmall, 0));
  assert_false(share.could_admit(11 * kSmall + 1, 0));
}

void test_at_most_half_is_set_aside(void**) {
  assert_int_equal(SetAside(100 * kSmall, 20).left(), 10);
  assert_int_equal(SetAside(10 * kSmall + 1, 100).left(), 11);
}

constexpr std::uint32_t kPromise = PoolAside::kPromise;

// 100 small blocks are for beginnings and promises together, of which beginnings may use 20 and keep 10.
void test_promises_take_from_the_beginnings(void**) {
  PoolAside aside(20 * kSmall, 200, 100, 90);
  assert_int_equal(aside.left(), 20);
  aside.count(0, 5, 0);
  assert_int_equal(aside.left(), 15);
  assert_true(aside.may_promise());
  aside.change(0, 0, kPromise);
  assert_int_equal(aside.promises_left(), PoolAside::kPromise);
  assert_int_equal(aside.left(), PoolAside::kPromise + 15);
  assert_false(aside.may_promise());
  aside.count(0, 60, kPromise);
  assert_int_equal(aside.promises_left(), PoolAside::kPromise - 60);
  aside.count(60, 70, kPromise);
  assert_int_equal(aside.promises_left(), 0);
  // They count as beginnings from now on, beyond the budget for these.
  aside.change(70, kPromise, 0);
  assert_int_equal(aside.left(), 0);
  aside.count(75, 0, 0);
  assert_int_equal(aside.left(), 20);
}

void test_beginnings_make_room_for_promises(void**) {
  PoolAside aside(40 * kSmall, 200, PoolAside::kPromise + 10, PoolAside::kPromise);
  aside.change(0, 0, kPromise);
  assert_int_equal(aside.left(), PoolAside::kPromise + 10);
  aside.count(0, 15, 0);
  assert_int_equal(aside.left(), PoolAside::kPromise);
}

// Of two connections one holds more than its promise: the other still has its own.
void test_a_promise_is_for_one_connection(void**) {
  PoolAside aside(20 * kSmall, 200, 180, 160);
  aside.change(0, 0, kPromise);
  aside.change(0, 0, kPromise);
  aside.count(0, 60, kPromise);
  aside.count(60, 100, kPromise);
  assert_int_equal(aside.promises_left(), PoolAside::kPromise);
  assert_int_equal(aside.left(), PoolAside::kPromise);
  aside.count(100, 50, kPromise);
  assert_int_equal(aside.left(), PoolAside::kPromise + 18 + 20);
  aside.change(50, kPromise, 0);
  assert_int_equal(aside.promises_left(), PoolAside::kPromise);
  assert_int_equal(aside.left(), PoolAside::kPromise);
}

// Half of a share stays for messages that are admitted.
void test_a_promise_takes_at_most_half_of_a_share(void**) {
  Memory memory(100);
  PoolAside pool_aside(0, 0, 160, 160);
  const BlockShare small(memory.pool, pool_aside, memory.address, 135 * kSmall, 50 * kSmall);
  assert_false(small.may_promise());
  BlockShare share(memory.pool, pool_aside, memory.address, 140 * kSmall, 50 * kSmall);
  assert_true(share.may_promise());
  assert_true(share.could_admit(90 * kSmall, 0));
  assert_false(share.could_admit(91 * kSmall, 0));
  share.begin_promise();
  assert_true(share.could_admit(70 * kSmall, 0));
  assert_false(share.could_admit(71 * kSmall, 0));
  share.end_promise();
}

void test_a_promise_of_a_connection(void**) {
  Memory memory(20);
  PoolAside pool_aside(0, 0, 160, 160);
  BlockShare share(memory.pool, pool_aside, memory.address, 1 << 20U, 0);
  assert_false(share.could_use_promise(1, 0));
  share.begin_promise();
  assert_int_equal(share.left_of(PoolAside::kPromise), PoolAside::kPromise * kSmall);
  assert_true(share.could_use_promise(PoolAside::kPromise * kSmall, 0));
  assert_false(share.could_use_promise(PoolAside::kPromise * kSmall + 1, 0));
  assert_true(share.could_use_promise(60 * kSmall, 100 * kSmall));
  assert_false(share.could_use_promise(60 * kSmall, 101 * kSmall));
  // One message at a time.
  share.use_promise();
  share.count_aside(0, 60);
  assert_false(share.could_use_promise(1, 0));
  assert_int_equal(share.left_of(PoolAside::kPromise), (PoolAside::kPromise - 60) * kSmall);
  share.leave_promise();
  assert_true(share.could_use_promise(8 * kSmall, 0));
  assert_false(share.could_use_promise(8 * kSmall + 1, 0));
  // Messages that wait may hold more, in blocks that are not full.
  share.count_aside(60, 70);
  assert_int_equal(share.left_of(PoolAside::kPromise), -2 * std::int32_t{kSmall});
  assert_false(share.nothing_aside());
  share.count_aside(70, 0);
  assert_true(share.nothing_aside());
  share.end_promise();
  assert_int_equal(pool_aside.left(), 0);
}

// Room for one upload window, and for two other promises.
void test_a_promise_grows_only_beside_later_ones(void**) {
  constexpr std::uint32_t kUpload = PoolAside::kUploadPromise;
  PoolAside aside(0, 0, kUpload + 2 * kPromise, kUpload + 2 * kPromise);
  aside.change(0, 0, kPromise);
  assert_true(aside.may_enlarge(2));
  assert_false(aside.may_enlarge(3));
  aside.count(0, 10, kPromise);
  aside.change(10, kPromise, kUpload);
  assert_int_equal(aside.promises_left(), kUpload - 10);
  assert_false(aside.may_enlarge(0));
  assert_true(aside.may_promise());
  aside.change(10, kUpload, kPromise);
  assert_int_equal(aside.promises_left(), kPromise - 10);
}

void test_an_enlarged_promise_of_a_connection(void**) {
  constexpr std::uint32_t kUpload = PoolAside::kUploadPromise;
  Memory memory(1000);
  PoolAside pool_aside(0, 0, 600, 600);
  const BlockShare small(memory.pool, pool_aside, memory.address, (2 * kUpload - 1) * kSmall, 0);
  assert_false(small.may_promise(kUpload));
  BlockShare share(memory.pool, pool_aside, memory.address, 1 << 20U, 0);
  assert_true(share.may_promise(kUpload));
  share.begin_promise();
  assert_false(share.enlarged());
  share.enlarge_promise();
  assert_true(share.enlarged());
  assert_true(share.could_use_promise(kUpload * kSmall, 0));
  assert_false(share.could_use_promise(kUpload * kSmall + 1, 0));
  share.count_aside(0, kPromise + 1);
  assert_int_equal(share.left_of(kUpload), (kUpload - kPromise - 1) * kSmall);
  assert_false(share.could_reduce_promise());
  share.count_aside(kPromise + 1, kPromise);
  assert_true(share.could_reduce_promise());
  share.reduce_promise();
  assert_false(share.enlarged());
  assert_int_equal(pool_aside.left(), 0);
  share.count_aside(kPromise, 0);
  share.end_promise();
}

// The room for beginnings grows once with each promise, and stays: what waits in a promise waits after it, too.
void test_a_promise_adds_to_the_room_for_beginnings(void**) {
  constexpr std::uint32_t kAll = 1000;
  constexpr std::uint32_t kBeginnings = 20;
  Memory memory(kAll / kRow);
  PoolAside pool_aside(0, 0, 600, 600);
  BlockShare share(memory.pool, pool_aside, memory.address, kAll * kSmall, kBeginnings * kSmall);
  const auto expect_set_aside = [&share](std::size_t small) {
    assert_true(share.could_admit_but_for_pool((kAll - small) * kSmall, 0));
    assert_false(share.could_admit_but_for_pool((kAll - small) * kSmall + 1, 0));
  };
  expect_set_aside(kBeginnings);
  share.begin_promise();
  expect_set_aside(kBeginnings + kPromise);
  share.enlarge_promise();
  expect_set_aside(kBeginnings + PoolAside::kUploadPromise);
  share.end_promise();
  share.begin_promise();
  expect_set_aside(kBeginnings + PoolAside::kUploadPromise);
  share.end_promise();
}

void test_small_blocks_serve_where_no_large_one_is_left(void**) {
  Memory memory(1);
  BlockShare other(memory.pool, memory.aside, memory.address, kLarge, 0);
  Block* small = other.take_small();
  assert_null(memory.share.take_large());
  assert_int_equal(memory.share.used(), 0);
  assert_int_equal(memory.share.take(kLarge)->storage.size(), kSmall);
  other.release(*small);
}

// --- BlockQueue ---

void test_an_empty_queue_has_no_items(void**) {
  Memory memory(2);
  BlockQueue queue;
  assert_true(queue.empty());
  assert_null(queue.pieces());
  assert_true(queue.append(memory.share, {}));
  queue.discard(memory.share, 0);
  queue.clear(memory.share);
  std::vector<std::uint8_t> to(4);
  assert_int_equal(queue.move_to(memory.share, to), 0);
  assert_int_equal(memory.share.used(), 0);
}

void test_bytes_leave_the_queue_unchanged(void**) {
  Memory memory(4);
  BlockQueue queue;
  assert_true(queue.append(memory.share, numbered(kSmall - 100)));
  assert_true(queue.append(memory.share, numbered(kSmall, static_cast<std::uint8_t>(kSmall - 100))));
  assert_int_equal(queue.size(), 2 * kSmall - 100);
  assert_true(content(queue) == numbered(2 * kSmall - 100));
  assert_int_equal(queue.front().size(), kSmall);
  assert_int_equal(memory.share.used(), 2);

  std::vector<std::uint8_t> to(kSmall + 1);
  assert_int_equal(queue.move_to(memory.share, to), kSmall + 1);
  assert_true(to == numbered(kSmall + 1));
  assert_int_equal(memory.share.used(), 1);

  std::vector<std::uint8_t> more(5000);
  assert_int_equal(queue.move_to(memory.share, more), kSmall - 101);
  assert_true(queue.empty());
  assert_int_equal(memory.share.used(), 0);
}

void test_large_data_uses_large_blocks(void**) {
  Memory memory(4);
  BlockQueue queue;
  assert_true(queue.append(memory.share, numbered(2 * kLarge + 10)));
  assert_int_equal(queue.pieces()->size, kLarge);
  assert_int_equal(memory.share.used(), 2 * kRow + 1);
  assert_true(content(queue) == numbered(2 * kLarge + 10));
  queue.clear(memory.share);
  assert_int_equal(memory.share.used(), 0);
}

// As could_take() promised, although no page is free as a whole.
void test_a_fragmented_pool_still_provides_all_its_blocks(void**) {
  Memory memory(3);
  BlockShare other(memory.pool, memory.aside, memory.address, 1 << 20U, 0);
  std::vector<Block*> all;
  for (std::size_t i = 0; i < 3 * kRow; ++i)
    all.push_back(other.take_small());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % kRow != 0) other.release(*all[i]);
  }
  BlockQueue queue;
  assert_true(queue.append(memory.share, numbered(3 * (kRow - 1) * kSmall)));
  assert_true(content(queue) == numbered(3 * (kRow - 1) * kSmall));
  assert_false(queue.append(memory.share, numbered(1)));
  queue.clear(memory.share);
}

void test_reserved_memory_is_not_available_to_others(void**) {
  Memory memory(1, 3 * kSmall);
  BlockQueue first;
  BlockQueue second;
  assert_true(first.reserve(memory.share, 2 * kSmall + 1));
  assert_int_equal(memory.share.used(), 3);
  assert_true(first.empty());
  assert_true(first.reserve(memory.share, 3 * kSmall));
  assert_false(second.append(memory.share, numbered(1)));
  assert_true(first.append(memory.share, numbered(3 * kSmall - 8)));
  assert_true(first.append(memory.share, numbered(8)));
  assert_false(first.append(memory.share, numbered(1)));
  first.clear(memory.share);
  assert_int_equal(memory.share.used(), 0);
}

void test_a_refused_reservation_takes_nothing(void**) {
  Memory memory(1, 3 * kSmall);
  BlockQueue queue;
  assert_true(queue.append(memory.share, numbered(10)));
  assert_false(queue.reserve(memory.share, 3 * kSmall - 9));
  assert_int_equal(memory.share.used(), 1);
  assert_false(queue.append(memory.share, numbered(3 * kSmall - 9)));
  assert_true(content(queue) == numbered(10));
  assert_true(queue.append(memory.share, numbered(3 * kSmall - 10, 10)));
  assert_true(content(queue) == numbered(3 * kSmall));
  queue.clear(memory.share);
}

void test_a_discard_inside_reserved_room_keeps_the_order(void**) {
  Memory memory(1);
  BlockQueue queue;
  assert_true(queue.reserve(memory.share, 4 * kSmall));
  assert_true(queue.append(memory.share, numbered(kSmall + 4)));
  queue.discard(memory.share, kSmall + 1);
  assert_true(content(queue) == numbered(3, 1));
  assert_true(queue.append(memory.share, numbered(30, 4)));
  assert_true(content(queue) == numbered(33, 1));
  queue.clear(memory.share);
  assert_int_equal(memory.share.used(), 0);
}

// Two queues of one share against two deques, with random operations in random order.
class Model {
 public:
  explicit Model(std::mt19937& random) : random_(random), memory_(3, 20 * kSmall) {}

  void step() {
    const std::size_t which = test::pick(random_, 1);
    BlockQueue& queue = queues_[which];
    std::deque<std::uint8_t>& model = models_[which];
    switch (test::pick(random_, 5)) {
      case 0:
      case 1:
        return append(queue, model);
      case 2:
        return discard(queue, model);
      case 3:
        return move(queue, model);
      case 4:
        return reserve(queue);
      default:
        if (test::pick(random_, 9) != 0) return;
        queue.clear(memory_.share);
        model.clear();
    }
  }

  void check() const {
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      assert_int_equal(queues_[i].size(), models_[i].size());
      const std::vector<std::uint8_t> bytes = content(queues_[i]);
      assert_true(std::equal(bytes.begin(), bytes.end(), models_[i].begin(), models_[i].end()));
      if (!models_[i].empty()) assert_true(!queues_[i].front().empty());
    }
    assert_int_equal(memory_.share.used() + memory_.pool.free_small(), 3 * kRow);
  }

  void finish() {
    for (BlockQueue& queue : queues_)
      queue.clear(memory_.share);
    assert_int_equal(memory_.pool.free_small(), 3 * kRow);
    assert_int_equal(memory_.share.used(), 0);
  }

 private:
  std::size_t size() { return test::pick(random_, test::pick(random_, 3) == 0 ? 3 * kLarge : 2 * kSmall); }
  void append(BlockQueue& queue, std::deque<std::uint8_t>& model) {
    const auto bytes = numbered(size(), static_cast<std::uint8_t>(test::pick(random_, 255)));
    const bool certain = memory_.share.could_take(bytes.size());
    if (queue.append(memory_.share, bytes)) {
      model.insert(model.end(), bytes.begin(), bytes.end());
    } else {
      assert_false(certain);
    }
  }
  void discard(BlockQueue& queue, std::deque<std::uint8_t>& model) {
    const std::size_t size = test::pick(random_, model.size());
    queue.discard(memory_.share, size);
    model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(size));
  }
  void move(BlockQueue& queue, std::deque<std::uint8_t>& model) {
    std::vector<std::uint8_t> to(size());
    const std::size_t moved = queue.move_to(memory_.share, to);
    assert_int_equal(moved, std::min(to.size(), model.size()));
    assert_true(std::equal(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(moved), model.begin()));
    model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(moved));
  }
  void reserve(BlockQueue& queue) {
    const std::size_t bytes = size();
    const std::uint32_t before = memory_.share.used();
    if (!queue.reserve(memory_.share, bytes)) {
      assert_int_equal(memory_.share.used(), before);
      return;
    }
    const std::uint32_t reserved = memory_.share.used();
    assert_true(queue.reserve(memory_.share, bytes));
    assert_int_equal(memory_.share.used(), reserved);
  }

  std::mt19937& random_;
  Memory memory_;
  std::array<BlockQueue, 2> queues_;
  std::array<std::deque<std::uint8_t>, 2> models_;
};

void test_queues_behave_as_deques_do(void**) {
  std::mt19937 random = test::seeded_random();
  for (int round = 0; round < 10; ++round) {
    Model model(random);
    for (int i = 0; i < 400; ++i) {
      model.step();
      model.check();
    }
    model.finish();
  }
}

// The queue goes on with the blocks of the other, at their end too.
void test_blocks_move_between_queues(void**) {
  Memory memory(4);
  const std::vector<std::uint8_t> bytes = numbered(2 * kLarge + 100);
  for (const std::size_t skipped : {std::size_t{0}, std::size_t{7}}) {
    for (const std::size_t moved : {kLarge - skipped, kLarge + 5000, bytes.size() - skipped}) {
      BlockQueue from;
      BlockQueue to;
      assert_true(from.append(memory.share, bytes));
      assert_true(to.append(memory.share, Bytes(bytes).first(3)));
      from.discard(memory.share, skipped);
      const std::uint32_t used = memory.share.used();
      to.take_blocks(from, moved);
      assert_true(to.append(memory.share, Bytes(bytes).first(2)));
      assert_true(memory.share.used() <= used + 1);
      std::vector<std::uint8_t> wanted(bytes.begin(), bytes.begin() + 3);
      const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(skipped);
      wanted.insert(wanted.end(), begin, begin + static_cast<std::ptrdiff_t>(moved));
      wanted.insert(wanted.end(), bytes.begin(), bytes.begin() + 2);
      assert_true(content(to) == wanted);
      assert_int_equal(to.size(), wanted.size());
      assert_int_equal(content(from).size(), from.size());
      assert_true(from.append(memory.share, Bytes(bytes).first(9)));
      assert_int_equal(content(from).size(), from.size());
      from.clear(memory.share);
      to.clear(memory.share);
      assert_int_equal(memory.share.used(), 0);
    }
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_page_is_one_large_block_or_a_row_of_small_ones),
      cmocka_unit_test(test_a_large_block_needs_a_page_with_no_small_one_taken),
      cmocka_unit_test(test_small_blocks_fill_the_rows_that_are_begun),
      cmocka_unit_test(test_a_released_block_is_empty_again),
      cmocka_unit_test(test_a_block_is_filled_at_its_end_and_discarded_at_its_front),
      cmocka_unit_test(test_no_byte_of_a_pool_is_used_twice),
      cmocka_unit_test(test_a_share_ends_before_the_pool),
      cmocka_unit_test(test_a_pool_ends_before_the_share),
      cmocka_unit_test(test_what_is_set_aside_is_not_admitted),
      cmocka_unit_test(test_memory_set_aside_of_the_pool),
      cmocka_unit_test(test_at_most_half_is_set_aside),
      cmocka_unit_test(test_promises_take_from_the_beginnings),
      cmocka_unit_test(test_beginnings_make_room_for_promises),
      cmocka_unit_test(test_a_promise_is_for_one_connection),
      cmocka_unit_test(test_a_promise_takes_at_most_half_of_a_share),
      cmocka_unit_test(test_a_promise_of_a_connection),
      cmocka_unit_test(test_a_promise_grows_only_beside_later_ones),
      cmocka_unit_test(test_an_enlarged_promise_of_a_connection),
      cmocka_unit_test(test_a_promise_adds_to_the_room_for_beginnings),
      cmocka_unit_test(test_small_blocks_serve_where_no_large_one_is_left),
      cmocka_unit_test(test_an_empty_queue_has_no_items),
      cmocka_unit_test(test_bytes_leave_the_queue_unchanged),
      cmocka_unit_test(test_large_data_uses_large_blocks),
      cmocka_unit_test(test_a_fragmented_pool_still_provides_all_its_blocks),
      cmocka_unit_test(test_reserved_memory_is_not_available_to_others),
      cmocka_unit_test(test_a_refused_reservation_takes_nothing),
      cmocka_unit_test(test_a_discard_inside_reserved_room_keeps_the_order),
      cmocka_unit_test(test_queues_behave_as_deques_do),
      cmocka_unit_test(test_blocks_move_between_queues),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
