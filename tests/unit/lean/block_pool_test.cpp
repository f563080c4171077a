#include "engine/lean/block_pool.h"

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::lean;

constexpr std::size_t kCapacity = 16;

// A pool in memory of exactly its size, and one share of it.
struct Memory {
  explicit Memory(std::size_t count, std::size_t share_bytes = 1 << 20U)
      : blocks(count), bytes(count * kCapacity, 0xcc), pool(blocks, bytes), share(pool, share_bytes) {}

  std::vector<Block> blocks;
  std::vector<std::uint8_t> bytes;
  BlockPool pool;
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
  for (const mote_piece* piece = queue.pieces(); piece != nullptr; piece = piece->next)
    bytes.insert(bytes.end(), piece->data, piece->data + piece->size);
  return bytes;
}

// --- BlockPool ---

void test_a_pool_hands_out_each_block_once(void**) {
  Memory memory(3);
  assert_int_equal(memory.pool.capacity(), kCapacity);
  std::vector<Block*> taken;
  while (Block* block = memory.pool.take()) {
    assert_null(block->next);
    assert_int_equal(block->size, 0);
    assert_true(block->content().empty());
    assert_int_equal(block->tail().size(), kCapacity);
    assert_ptr_equal(block->tail().data(), block->storage.data());
    std::fill(block->storage.begin(), block->storage.end(), std::uint8_t(0xee));
    taken.push_back(block);
  }
  assert_int_equal(taken.size(), 3);
  assert_int_equal(memory.pool.free_blocks(), 0);
  assert_true(taken[0] != taken[1] && taken[1] != taken[2] && taken[0] != taken[2]);
}

void test_a_returned_block_is_the_next_one(void**) {
  Memory memory(3);
  Block* first = memory.pool.take();
  Block* second = memory.pool.take();
  first->fill(5);
  first->next = second;
  memory.pool.give_back(first);
  assert_int_equal(memory.pool.free_blocks(), 2);
  Block* again = memory.pool.take();
  assert_ptr_equal(again, first);
  assert_int_equal(again->size, 0);
  assert_null(again->next);
  assert_non_null(memory.pool.take());
  assert_null(memory.pool.take());
}

void test_a_block_fills_at_its_end_and_drops_at_its_front(void**) {
  Memory memory(1);
  Block* block = memory.pool.take();
  std::fill(block->storage.begin(), block->storage.end(), std::uint8_t(7));
  block->fill(10);
  block->drop(4);
  assert_ptr_equal(block->content().data(), block->storage.subspan(4).data());
  assert_int_equal(block->content().size(), 6);
  assert_int_equal(block->tail().size(), 6);
  block->fill(6);
  assert_true(block->tail().empty());
  block->drop(12);
  assert_true(block->content().empty());
  memory.pool.give_back(block);
  assert_int_equal(memory.pool.take()->tail().size(), kCapacity);
}

// --- BlockShare ---

void test_a_share_ends_before_the_pool(void**) {
  Memory memory(10, 2 * kCapacity);  // And one block more, for what a message leaves over.
  assert_true(memory.share.could_take(3 * kCapacity));
  assert_false(memory.share.could_take(3 * kCapacity + 1));
  assert_true(memory.share.exceeded_by(3 * kCapacity + 1));
  Block* kept = memory.share.take();
  assert_non_null(memory.share.take());
  assert_non_null(memory.share.take());
  assert_int_equal(memory.share.used(), 3);
  assert_null(memory.share.take());
  assert_int_equal(memory.pool.free_blocks(), 7);
  assert_true(memory.share.exceeded_by(1));
  assert_true(memory.share.could_take(0));
  memory.share.give_back(kept);
  assert_int_equal(memory.share.used(), 2);
  assert_int_equal(memory.pool.free_blocks(), 8);
  assert_true(memory.share.could_take(kCapacity));
}

void test_a_pool_ends_before_the_share(void**) {
  Memory memory(2);
  BlockShare other(memory.pool, 1000);
  assert_non_null(other.take());
  assert_true(memory.share.could_take(kCapacity));
  assert_false(memory.share.could_take(kCapacity + 1));
  assert_false(memory.share.exceeded_by(kCapacity + 1));
  assert_non_null(memory.share.take());
  assert_null(memory.share.take());
  assert_int_equal(memory.share.used(), 1);
}

// --- BlockQueue ---

void test_an_empty_queue_holds_nothing(void**) {
  Memory memory(2);
  BlockQueue queue;
  assert_true(queue.empty());
  assert_null(queue.pieces());
  assert_true(queue.append(memory.share, {}));
  queue.drop(memory.share, 0);
  queue.clear(memory.share);
  std::vector<std::uint8_t> to(4);
  assert_int_equal(queue.move_to(memory.share, to), 0);
  assert_int_equal(memory.pool.free_blocks(), 2);
}

void test_bytes_come_out_as_they_went_in(void**) {
  Memory memory(4);
  BlockQueue queue;
  assert_true(queue.append(memory.share, numbered(20)));
  assert_true(queue.append(memory.share, numbered(20, 20)));
  assert_int_equal(queue.size(), 40);
  assert_true(content(queue) == numbered(40));
  assert_int_equal(queue.front().size(), kCapacity);
  assert_int_equal(memory.share.used(), 3);

  std::vector<std::uint8_t> to(18);
  assert_int_equal(queue.move_to(memory.share, to), 18);
  assert_true(to == numbered(18));
  assert_int_equal(memory.share.used(), 2);
  assert_true(content(queue) == numbered(22, 18));

  std::vector<std::uint8_t> more(100);
  assert_int_equal(queue.move_to(memory.share, more), 22);
  assert_true(queue.empty());
  assert_int_equal(memory.share.used(), 0);
}

void test_what_is_reserved_can_be_appended_by_nobody_else(void**) {
  Memory memory(3);
  BlockQueue first;
  BlockQueue second;
  assert_true(first.reserve(memory.share, 2 * kCapacity + 1));
  assert_int_equal(memory.share.used(), 3);
  assert_true(first.empty());
  assert_true(first.reserve(memory.share, 3 * kCapacity));
  assert_false(second.append(memory.share, numbered(1)));
  assert_true(first.append(memory.share, numbered(40)));
  assert_true(first.append(memory.share, numbered(8)));
  assert_false(first.append(memory.share, numbered(1)));
  assert_int_equal(first.size(), 48);
  first.clear(memory.share);
  assert_int_equal(memory.pool.free_blocks(), 3);
}

void test_a_refused_reservation_takes_nothing(void**) {
  Memory memory(3);
  BlockQueue queue;
  assert_true(queue.append(memory.share, numbered(10)));
  assert_false(queue.reserve(memory.share, 6 + 2 * kCapacity + 1));
  assert_int_equal(memory.share.used(), 1);
  assert_false(queue.append(memory.share, numbered(6 + 2 * kCapacity + 1)));
  assert_true(content(queue) == numbered(10));
  assert_true(queue.append(memory.share, numbered(6 + 2 * kCapacity, 10)));
  assert_true(content(queue) == numbered(3 * kCapacity));
  queue.clear(memory.share);
}

void test_a_drop_inside_reserved_room_keeps_the_order(void**) {
  Memory memory(4);
  BlockQueue queue;
  assert_true(queue.reserve(memory.share, 4 * kCapacity));
  assert_true(queue.append(memory.share, numbered(20)));
  queue.drop(memory.share, 17);
  assert_true(content(queue) == numbered(3, 17));
  assert_true(queue.append(memory.share, numbered(30, 20)));
  assert_true(content(queue) == numbered(33, 17));
  queue.clear(memory.share);
  assert_int_equal(memory.pool.free_blocks(), 4);
}

// Two queues of one share against two deques: whatever is asked for in whatever order.
class Model {
 public:
  explicit Model(std::mt19937& random) : random_(random), memory_(12, 9 * kCapacity) {}

  void step() {
    const std::size_t which = test::pick(random_, 1);
    BlockQueue& queue = queues_[which];
    std::deque<std::uint8_t>& model = models_[which];
    switch (test::pick(random_, 5)) {
      case 0:
      case 1:
        return append(queue, model);
      case 2:
        return drop(queue, model);
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
    assert_int_equal(memory_.share.used() + memory_.pool.free_blocks(), 12);
  }

  void finish() {
    for (BlockQueue& queue : queues_)
      queue.clear(memory_.share);
    assert_int_equal(memory_.pool.free_blocks(), 12);
    assert_int_equal(memory_.share.used(), 0);
  }

 private:
  void append(BlockQueue& queue, std::deque<std::uint8_t>& model) {
    const auto bytes = numbered(test::pick(random_, 40), static_cast<std::uint8_t>(test::pick(random_, 255)));
    const bool certain = memory_.share.could_take(bytes.size());
    if (queue.append(memory_.share, bytes)) {
      model.insert(model.end(), bytes.begin(), bytes.end());
    } else {
      assert_false(certain);
    }
  }
  void drop(BlockQueue& queue, std::deque<std::uint8_t>& model) {
    const std::size_t size = test::pick(random_, model.size());
    queue.drop(memory_.share, size);
    model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(size));
  }
  void move(BlockQueue& queue, std::deque<std::uint8_t>& model) {
    std::vector<std::uint8_t> to(test::pick(random_, 40));
    const std::size_t moved = queue.move_to(memory_.share, to);
    assert_int_equal(moved, std::min(to.size(), model.size()));
    assert_true(std::equal(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(moved), model.begin()));
    model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(moved));
  }
  void reserve(BlockQueue& queue) {
    const std::size_t bytes = test::pick(random_, 50);
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
  for (int round = 0; round < 50; ++round) {
    Model model(random);
    for (int i = 0; i < 400; ++i) {
      model.step();
      model.check();
    }
    model.finish();
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_pool_hands_out_each_block_once),
      cmocka_unit_test(test_a_returned_block_is_the_next_one),
      cmocka_unit_test(test_a_block_fills_at_its_end_and_drops_at_its_front),
      cmocka_unit_test(test_a_share_ends_before_the_pool),
      cmocka_unit_test(test_a_pool_ends_before_the_share),
      cmocka_unit_test(test_an_empty_queue_holds_nothing),
      cmocka_unit_test(test_bytes_come_out_as_they_went_in),
      cmocka_unit_test(test_what_is_reserved_can_be_appended_by_nobody_else),
      cmocka_unit_test(test_a_refused_reservation_takes_nothing),
      cmocka_unit_test(test_a_drop_inside_reserved_room_keeps_the_order),
      cmocka_unit_test(test_queues_behave_as_deques_do),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
