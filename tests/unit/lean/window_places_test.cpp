// Who gets and who loses a place of lean::LargeWindows: its functions are called between turns, so that no connection acts on it.
#include <memory>
#include <vector>

#include "engine/lean/large_windows.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/taken_blocks.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::Limits;
using lean::PoolAside;

constexpr std::uint32_t kMore = PoolAside::upload_promise_for(Limits{}.upload_window_bytes) - PoolAside::kPromise;

Limits places(std::uint32_t large, std::uint32_t uploads = 0, std::uint32_t pool_bytes = 0) {
  return limits([&](Limits& chosen) {
    chosen.max_message_bytes = 128 * 1024;
    chosen.buffer_bytes = pool_bytes;
    chosen.stream_window_bytes = 2048;
    chosen.large_sockets = 16;
    chosen.large_windows = large;
    chosen.upload_windows = uploads;
    chosen.keepalive = 0ms;
  });
}

// An engine and its clients, each of which has acknowledged the first SETTINGS.
struct Clients {
  LeanLoop loop;
  lean::Core& core = loop.core();
  lean::LargeWindows& windows = core.large_windows;
  std::vector<std::unique_ptr<RawClient>> clients{};

  explicit Clients(const Limits& chosen, int count = 0) : loop(chosen) { connect(count); }
  void connect(int count = 1) {
    for (int i = 0; i < count; ++i)
      clients.push_back(loop.connect_ready());
  }
  void pass_without_turn(lean::Time time) { loop.set_now(core.now + time); }
  lean::Connection& operator[](std::size_t index) { return loop.connection(index); }
  [[nodiscard]] bool promised(std::size_t index) { return loop.connection(index).share().promised(); }
  [[nodiscard]] bool enlarged(std::size_t index) { return loop.connection(index).share().enlarged(); }
  bool take(std::size_t index) {
    windows.take(loop.connection(index), core, true);
    return promised(index);
  }
  bool take_upload(std::size_t index) {
    windows.take_upload(loop.connection(index), core);
    return enlarged(index);
  }
  // How many are asked for their places, and for their upload windows.
  int asked() {
    return count([](const lean::Connection& one) { return one.window_asked_for; });
  }
  int uploads_asked() {
    return count([](const lean::Connection& one) { return one.upload_asked_for; });
  }
  // Without a turn that acts on what they were asked for.
  void finish() {
    clients.clear();
    loop.finish();
  }

 private:
  template <class Is>
  int count(Is is) {
    int found = 0;
    for (std::size_t i = 0; i < loop.connections(); ++i)
      found += is(loop.connection(i)) ? 1 : 0;
    return found;
  }
};

void begin_message(Clients& all, std::size_t client, std::size_t bytes) {
  all.clients[client]->send(
      FrameScript().headers(1, echo_head("Reply")).data(1, echo_data_of_size(bytes).substr(0, 2000)));
  all.loop.settle();
}

// The pool has enough for another promise, but less than the message needs.
void test_no_place_is_taken_while_a_message_waits_for_memory(void**) {
  Clients all(places(3), 1);
  TakenBlocks taken(all.core, 160);
  begin_message(all, 0, 40'000);
  assert_non_null(all.core.for_memory.first());
  all.connect();
  all.pass_without_turn(1s);
  assert_true(all.core.blocks.free_small() > all.core.blocks_aside.promises_left() + PoolAside::kPromise);
  assert_false(all.take(1));
  all.clients[0]->close();
  all.loop.settle();
  assert_true(all.take(0));
  taken.release();
  all.finish();
}

void test_a_place_needs_memory_beside_all_promises(void**) {
  Clients all(places(2), 2);
  all.windows.remove(all[1]);
  TakenBlocks taken(all.core, all.core.blocks_aside.promises_left() + PoolAside::kPromise - 1);
  assert_false(all.take(1));
  taken.release_one();
  assert_true(all.take(1));
  taken.release();
  all.finish();
}

void test_an_upload_window_needs_memory_beside_all_promises(void**) {
  Clients all(places(2, 1), 2);
  TakenBlocks taken(all.core, all.core.blocks_aside.promises_left() + kMore - 1);
  assert_false(all.take_upload(1));
  taken.release_one();
  assert_true(all.take_upload(1));
  taken.release();
  all.finish();
}

// Half of what a connection may use of the pool is for messages that are admitted.
void test_an_upload_window_needs_half_of_a_share(void**) {
  for (const std::uint32_t kib : {527U, 528U}) {
    Limits chosen = places(2, 1);
    chosen.connection_buffer_bytes = kib * 1024;
    Clients all(chosen, 1);
    assert_int_equal(all.take_upload(0), kib == 528);
    all.finish();
  }
}

// The pool can promise 576 small blocks. Places that are taken count once.
void test_an_upload_window_leaves_promises_for_all_places(void**) {
  for (const int count : {5, 6}) {
    Clients all(places(static_cast<std::uint32_t>(count), 1), count);
    assert_int_equal(all.windows.used(), count);
    assert_int_equal(all.take_upload(0), count == 5);
    all.finish();
  }
}

void test_a_connection_that_is_asked_for_its_place_gets_no_upload_window(void**) {
  Clients all(places(1, 1), 1);
  all.windows.ask(all[0], all.core);
  assert_false(all.take_upload(0));
  all.finish();
}

void test_an_upload_window_that_is_free_is_taken_from_nobody(void**) {
  Clients all(places(2, 2), 2);
  assert_true(all.take_upload(0));
  all.pass_without_turn(1s);
  assert_true(all.take_upload(1));
  assert_int_equal(all.asked(), 0);
  all.finish();
}

// While a connection is asked, no other is, although that one is unused too.
void test_one_unused_place_is_asked_for_at_a_time(void**) {
  Clients all(places(3), 3);
  all.pass_without_turn(1s);
  all.windows.make_room(all[0].share().address(), all.core);
  assert_true(all[0].window_asked_for);
  assert_int_equal(all.asked(), 1);
  all.windows.remove(all[0]);
  all.windows.ask(all[1], all.core);
  all.windows.make_room(all[0].share().address(), all.core);
  assert_int_equal(all.asked(), 1);
  all.finish();
}

void test_one_unused_upload_window_is_asked_for_at_a_time(void**) {
  Clients all(places(3, 2, 16U << 20U), 3);
  assert_true(all.take_upload(0) && all.take_upload(1));
  all.windows.ask(all[1], all.core);
  all.pass_without_turn(1s);
  assert_false(all.take_upload(2));
  assert_int_equal(all.asked(), 1);
  all.finish();
}

// An address above its quarter loses a place, and nobody is asked for another one.
void test_a_place_that_is_taken_from_an_address_is_enough(void**) {
  Clients all(places(8, 0, 16U << 20U), 8);
  all.loop.come_from(1);
  all.connect();
  assert_false(all.promised(8));
  all.pass_without_turn(1s);
  assert_true(all.take(8));
  assert_int_equal(all.asked(), 0);
  all.finish();
}

void test_an_address_with_its_quarter_of_the_upload_windows_takes_none_from_others(void**) {
  Clients all(places(8, 4, 16U << 20U), 3);
  assert_true(all.take_upload(0) && all.take_upload(1) && all.take_upload(2));
  all.loop.come_from(1);
  all.connect(2);
  assert_true(all.take_upload(3));
  assert_false(all.take_upload(4));
  assert_int_equal(all.uploads_asked(), 0);
  all.finish();
}

// The connection of that address that is idle longest has no upload window.
void test_an_upload_window_is_taken_from_a_connection_that_has_one(void**) {
  Clients all(places(8, 2, 16U << 20U), 1);
  all.pass_without_turn(1ms);
  all.connect(2);
  assert_true(all.take_upload(1) && all.take_upload(2));
  all.loop.come_from(1);
  all.connect();
  assert_false(all.take_upload(3));
  assert_true(all[1].upload_asked_for);
  assert_int_equal(all.uploads_asked(), 1);
  all.finish();
}

// The first request counts: after settings-timeout-ms the promise ends.
void test_an_upload_window_is_asked_for_once(void**) {
  Clients all(places(1, 1), 1);
  assert_true(all.take_upload(0));
  all.windows.ask_upload_for_memory(all[0], all.core);
  all.pass_without_turn(5s);
  all.windows.ask_upload_for_memory(all[0], all.core);
  all.pass_without_turn(5s - 1us);
  all.windows.ask_all_for_memory(all.core);
  assert_true(all.enlarged(0));
  all.pass_without_turn(1us);
  all.windows.ask_all_for_memory(all.core);
  assert_false(all.enlarged(0));
  all.finish();
}

void test_an_upload_window_that_returns_is_not_asked_for(void**) {
  Clients all(places(1, 1), 1);
  assert_true(all.take_upload(0));
  all.windows.ask_upload_for_memory(all[0], all.core);
  assert_true(all[0].upload_asked_for);
  all.windows.end_upload(all[0]);
  assert_false(all[0].upload_asked_for);
  all.pass_without_turn(10s);
  assert_true(all.take_upload(0));
  all.windows.ask_all_for_memory(all.core);
  assert_true(all.enlarged(0));
  all.finish();
}

void test_a_connection_without_a_place_is_asked_for_nothing(void**) {
  Clients all(places(1, 1), 1);
  assert_true(all.take_upload(0));
  all.windows.ask_upload_for_memory(all[0], all.core);
  all.windows.ask(all[0], all.core);
  assert_true(all[0].upload_asked_for && all[0].window_asked_for);
  all.windows.remove(all[0]);
  assert_false(all[0].upload_asked_for || all[0].window_asked_for);
  all.finish();
}

using AskAll = void (lean::LargeWindows::*)(const lean::Core&);
constexpr AskAll kAskAll[] = {&lean::LargeWindows::ask_all_for_memory, &lean::LargeWindows::ask_all};

void test_without_memory_no_place_is_taken_for_a_second(void**) {
  for (const AskAll ask_all : kAskAll) {
    Clients all(places(2), 2);
    all.windows.remove(all[1]);
    (all.windows.*ask_all)(all.core);
    assert_false(all.take(1));
    all.pass_without_turn(1s - 1us);
    assert_false(all.take(1));
    all.pass_without_turn(1us);
    assert_true(all.take(1));
    all.finish();
  }
}

void test_without_memory_late_promises_end(void**) {
  for (const AskAll ask_all : kAskAll) {
    Clients all(places(1), 1);
    all.windows.ask(all[0], all.core);
    all.pass_without_turn(10s - 1us);
    (all.windows.*ask_all)(all.core);
    assert_true(all.promised(0));
    all.pass_without_turn(1us);
    (all.windows.*ask_all)(all.core);
    assert_false(all.promised(0));
    all.finish();
  }
}

// Its places above the quarter end at once, although they are in use.
void test_a_message_that_waits_ends_promises_above_a_quarter(void**) {
  Clients all(places(8), 5);
  all.loop.come_from(1);
  all.connect();
  TakenBlocks taken(all.core, 100);
  assert_int_equal(all.windows.used(), 6);
  begin_message(all, 5, 40'000);
  assert_non_null(all.core.for_memory.first());
  assert_int_equal(all.windows.used(), 2 + 1);
  taken.release();
  all.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_no_place_is_taken_while_a_message_waits_for_memory),
      cmocka_unit_test(test_a_place_needs_memory_beside_all_promises),
      cmocka_unit_test(test_an_upload_window_needs_memory_beside_all_promises),
      cmocka_unit_test(test_an_upload_window_needs_half_of_a_share),
      cmocka_unit_test(test_an_upload_window_leaves_promises_for_all_places),
      cmocka_unit_test(test_a_connection_that_is_asked_for_its_place_gets_no_upload_window),
      cmocka_unit_test(test_an_upload_window_that_is_free_is_taken_from_nobody),
      cmocka_unit_test(test_one_unused_place_is_asked_for_at_a_time),
      cmocka_unit_test(test_one_unused_upload_window_is_asked_for_at_a_time),
      cmocka_unit_test(test_a_place_that_is_taken_from_an_address_is_enough),
      cmocka_unit_test(test_an_address_with_its_quarter_of_the_upload_windows_takes_none_from_others),
      cmocka_unit_test(test_an_upload_window_is_taken_from_a_connection_that_has_one),
      cmocka_unit_test(test_an_upload_window_is_asked_for_once),
      cmocka_unit_test(test_an_upload_window_that_returns_is_not_asked_for),
      cmocka_unit_test(test_a_connection_without_a_place_is_asked_for_nothing),
      cmocka_unit_test(test_without_memory_no_place_is_taken_for_a_second),
      cmocka_unit_test(test_without_memory_late_promises_end),
      cmocka_unit_test(test_a_message_that_waits_ends_promises_above_a_quarter),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
