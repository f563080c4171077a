// What a pool sets aside: for the beginnings of messages, and for promises to connections with large windows.
#include "engine/lean/block_pool.h"
#include "support/block_memory.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::lean;
using Memory = mote::test::BlockMemory;

constexpr std::size_t kSmall = BlockPool::kSmallBytes;
constexpr std::size_t kLarge = BlockPool::kLargeBytes;
constexpr std::size_t kRow = BlockPool::kSmallInLarge;

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
constexpr std::uint32_t kUpload = PoolAside::upload_promise_for(256 * kSmall);

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

void test_the_last_promise_of_a_pool(void**) {
  PoolAside aside(0, 1000, 1000, 2 * PoolAside::kPromise);
  aside.change(0, 0, kPromise);
  assert_true(aside.may_promise());
  aside.change(0, 0, kPromise);
  assert_false(aside.may_promise());
  // A promise that is enlarged leaves others for later.
  for (const std::size_t later : {0U, 1U, 3U}) {
    const std::size_t most = kUpload + later * PoolAside::kPromise;
    PoolAside exact(0, 1000, 1000, most, kUpload);
    exact.change(0, 0, kPromise);
    assert_true(exact.may_enlarge(later));
    PoolAside less(0, 1000, 1000, most - 1, kUpload);
    less.change(0, 0, kPromise);
    assert_false(less.may_enlarge(later));
  }
}

// The blocks that a call has set aside are free for it, and the pool needs them once more for others.
void test_a_pool_admits_a_message_with_its_blocks(void**) {
  Memory memory(2);
  assert_true(memory.share.could_admit(16 * kSmall, 0));
  assert_false(memory.share.could_admit(16 * kSmall, 1));
  assert_true(memory.share.could_admit(15 * kSmall, 1));
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

// The rest of the promise stays for what else the peer may send.
void test_a_reply_leaves_the_promise(void**) {
  Memory memory(20);
  PoolAside pool_aside(0, 0, 160, 160);
  BlockShare share(memory.pool, pool_aside, memory.address, 140 * kSmall, 0);
  share.begin_promise();
  assert_true(share.could_use_promise(60 * kSmall, (140 - kPromise) * kSmall));
  assert_false(share.could_use_promise(60 * kSmall, (140 - kPromise) * kSmall + 1));
  Block* const used = share.take_small();
  assert_true(share.could_use_promise(60 * kSmall, (139 - kPromise) * kSmall));
  assert_false(share.could_use_promise(60 * kSmall, (139 - kPromise) * kSmall + 1));
  share.release(*used);
  share.end_promise();
}

// 8 KiB more than the window, because a WINDOW_UPDATE waits until it grants so many bytes.
void test_the_promise_of_an_upload_window(void**) {
  assert_int_equal(PoolAside::upload_promise_for(256 * kSmall), 264);
  assert_int_equal(PoolAside::upload_promise_for(256 * kSmall + 1), 265);
  assert_int_equal(PoolAside::upload_promise_for(16 << 20U), (16 << 20U) / kSmall + 8);
}

// Room for one upload window, and for two other promises.
void test_a_promise_grows_only_beside_later_ones(void**) {
  PoolAside aside(0, 0, kUpload + 2 * kPromise, kUpload + 2 * kPromise, kUpload);
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
  Memory memory(1000);
  PoolAside pool_aside(0, 0, 600, 600, kUpload);
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
  PoolAside pool_aside(0, 0, 600, 600, kUpload);
  BlockShare share(memory.pool, pool_aside, memory.address, kAll * kSmall, kBeginnings * kSmall);
  const auto expect_set_aside = [&share](std::size_t small) {
    assert_true(share.could_admit_but_for_pool((kAll - small) * kSmall, 0));
    assert_false(share.could_admit_but_for_pool((kAll - small) * kSmall + 1, 0));
  };
  expect_set_aside(kBeginnings);
  share.begin_promise();
  expect_set_aside(kBeginnings + kPromise);
  share.enlarge_promise();
  expect_set_aside(kBeginnings + kUpload);
  share.end_promise();
  share.begin_promise();
  expect_set_aside(kBeginnings + kUpload);
  share.end_promise();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_set_aside_is_not_admitted),
      cmocka_unit_test(test_memory_set_aside_of_the_pool),
      cmocka_unit_test(test_at_most_half_is_set_aside),
      cmocka_unit_test(test_promises_take_from_the_beginnings),
      cmocka_unit_test(test_beginnings_make_room_for_promises),
      cmocka_unit_test(test_a_promise_is_for_one_connection),
      cmocka_unit_test(test_the_last_promise_of_a_pool),
      cmocka_unit_test(test_a_pool_admits_a_message_with_its_blocks),
      cmocka_unit_test(test_a_promise_takes_at_most_half_of_a_share),
      cmocka_unit_test(test_a_promise_of_a_connection),
      cmocka_unit_test(test_a_reply_leaves_the_promise),
      cmocka_unit_test(test_the_promise_of_an_upload_window),
      cmocka_unit_test(test_a_promise_grows_only_beside_later_ones),
      cmocka_unit_test(test_an_enlarged_promise_of_a_connection),
      cmocka_unit_test(test_a_promise_adds_to_the_room_for_beginnings),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
