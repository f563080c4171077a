#include "engine/lean/block_pool.h"

#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "support/block_memory.h"
#include "support/cmocka_test.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::lean;
using Memory = mote::test::BlockMemory;

constexpr std::size_t kSmall = BlockPool::kSmallBytes;
constexpr std::size_t kLarge = BlockPool::kLargeBytes;
constexpr std::size_t kRow = BlockPool::kSmallInLarge;

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

void test_blocks_that_move_leave_reserved_ones(void**) {
  Memory memory(1);
  BlockQueue from;
  BlockQueue to;
  assert_true(from.reserve(memory.share, 3 * kSmall, true));
  assert_true(from.append(memory.share, numbered(100)));
  assert_int_equal(from.capacity(), 3 * kSmall);
  to.take_blocks(from, 100);
  assert_int_equal(from.capacity(), 2 * kSmall);
  assert_int_equal(to.capacity(), kSmall);
  assert_true(from.append(memory.share, numbered(2 * kSmall)));
  assert_true(content(from) == numbered(2 * kSmall));
  assert_int_equal(memory.share.used(), 3);
  from.clear(memory.share);
  to.clear(memory.share);
}

void test_blocks_without_their_content_are_reserved(void**) {
  Memory memory(1);
  BlockQueue queue;
  assert_true(queue.reserve(memory.share, 3 * kSmall, true));
  assert_true(queue.append(memory.share, numbered(kSmall + 100)));
  queue.discard(memory.share, 7);
  queue.clear_content();
  assert_true(queue.empty());
  assert_int_equal(queue.capacity(), 3 * kSmall);
  assert_true(queue.append(memory.share, numbered(3 * kSmall)));
  assert_true(content(queue) == numbered(3 * kSmall));
  assert_int_equal(memory.share.used(), 3);
  queue.clear(memory.share);
}

void test_reserved_room_has_an_end(void**) {
  Memory memory(1);
  BlockQueue queue;
  assert_true(queue.reserve(memory.share, 2 * kSmall, true));
  ReservedRoom room = queue.reserved_room();
  assert_int_equal(room.take(3 * kSmall).size(), kSmall);
  assert_int_equal(room.take(3 * kSmall).size(), kSmall);
  assert_true(room.take(1).empty());
  queue.clear(memory.share);
}

void test_a_copy_ends_with_the_queue(void**) {
  Memory memory(1);
  BlockQueue queue;
  assert_true(queue.append(memory.share, numbered(4)));
  std::array<std::uint8_t, 5> to = {9, 9, 9, 9, 9};
  queue.copy(1, to);
  assert_true(to == (std::array<std::uint8_t, 5>{1, 2, 3, 9, 9}));
  queue.clear(memory.share);
}

// The pool has exactly what the address may not take.
void test_an_address_ends_before_the_pool(void**) {
  Memory memory(2);
  engine::Limits limits;
  limits.buffer_bytes = 2 * kLarge;
  limits.buffer_bytes_per_address = kLarge;
  std::array<AddressRow, 1> rows;
  std::array<AddressRow*, 1> buckets{};
  AddressTable table(limits, rows, buckets, 1);
  const BlockShare share(memory.pool, memory.aside, table.row({.value = 1, .kind = AddressKey::Kind::User}), 1 << 20U,
                         0);
  assert_false(share.address_exceeded_by(kLarge));
  assert_true(share.address_exceeded_by(2 * kLarge));
  assert_false(share.address_exceeded_by(2 * kLarge + 1));
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
      cmocka_unit_test(test_blocks_that_move_leave_reserved_ones),
      cmocka_unit_test(test_blocks_without_their_content_are_reserved),
      cmocka_unit_test(test_reserved_room_has_an_end),
      cmocka_unit_test(test_a_copy_ends_with_the_queue),
      cmocka_unit_test(test_an_address_ends_before_the_pool),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
