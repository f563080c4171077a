#include "engine/lean/timer_heap.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::lean;

struct TestTimer final : Timer {
  int fired = 0;
  std::function<void(TestTimer&)> then;

  void on_due() override {
    assert_false(armed());
    assert_true(due() == kNever);
    ++fired;
    if (then) then(*this);
  }
};

// A heap with room for exactly its timers.
template <std::size_t count>
struct Timers {
  std::array<TestTimer, count> timers;
  std::vector<Timer*> slots = std::vector<Timer*>(count);
  TimerHeap heap{slots};

  TestTimer& operator[](std::size_t i) { return timers[i]; }
};

void test_an_empty_heap_has_no_due_time(void**) {
  Timers<1> timers;
  assert_true(timers.heap.next_due() == kNever);
  timers.heap.run(Time(1'000'000));
  timers.heap.disarm(timers[0]);
  assert_int_equal(timers[0].fired, 0);
}

void test_due_timers_fire_once_in_their_order(void**) {
  Timers<3> timers;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < 3; ++i)
    timers[i].then = [&order, i](TestTimer&) { order.push_back(i); };
  timers.heap.arm(timers[0], Time(30));
  timers.heap.arm(timers[1], Time(10));
  timers.heap.arm(timers[2], Time(20));
  assert_true(timers.heap.next_due() == Time(10));
  timers.heap.run(Time(9));
  assert_true(order.empty());
  timers.heap.run(Time(20));
  assert_true((order == std::vector<std::size_t>{1, 2}));
  timers.heap.run(Time(40));
  timers.heap.run(Time(50));
  assert_true((order == std::vector<std::size_t>{1, 2, 0}));
}

void test_arming_again_moves(void**) {
  Timers<2> timers;
  timers.heap.arm(timers[0], Time(10));
  timers.heap.arm(timers[1], Time(20));
  timers.heap.arm(timers[0], Time(30));
  assert_true(timers.heap.next_due() == Time(20));
  timers.heap.arm(timers[0], Time(5));
  assert_true(timers.heap.next_due() == Time(5));
  timers.heap.arm(timers[0], kNever);
  assert_false(timers[0].armed());
  assert_true(timers.heap.next_due() == Time(20));
}

void test_arm_by_only_moves_to_an_earlier_time(void**) {
  Timers<1> timers;
  timers.heap.arm_by(timers[0], kNever);
  assert_false(timers[0].armed());
  timers.heap.arm_by(timers[0], Time(10));
  timers.heap.arm_by(timers[0], Time(20));
  assert_true(timers[0].due() == Time(10));
  timers.heap.arm_by(timers[0], Time(5));
  assert_true(timers[0].due() == Time(5));
}

void test_a_timer_may_arm_itself_from_on_due(void**) {
  Timers<1> timers;
  timers[0].then = [&](TestTimer& timer) { timers.heap.arm(timer, Time(20)); };
  timers.heap.arm(timers[0], Time(10));
  timers.heap.run(Time(15));
  assert_int_equal(timers[0].fired, 1);
  assert_true(timers.heap.next_due() == Time(20));
  timers.heap.run(Time(20));
  assert_int_equal(timers[0].fired, 2);
}

// A timer that arms itself for the past waits for the next run, so that later timers get their turn.
void test_a_timer_armed_for_the_past_waits_for_the_next_run(void**) {
  Timers<3> timers;
  timers[0].then = [&](TestTimer& timer) { timers.heap.arm(timer, Time(1)); };
  timers.heap.arm(timers[0], Time(1));
  timers.heap.arm(timers[1], Time(2));
  timers.heap.arm(timers[2], Time(3));
  timers.heap.run(Time(10));
  assert_int_equal(timers[0].fired, 1);
  assert_int_equal(timers[1].fired, 1);
  assert_int_equal(timers[2].fired, 1);
  timers.heap.run(Time(20));
  assert_int_equal(timers[0].fired, 2);
}

void test_a_timer_may_disarm_others_from_on_due(void**) {
  Timers<4> timers;
  timers[0].then = [&](TestTimer&) {
    timers.heap.disarm(timers[1]);
    timers.heap.disarm(timers[3]);
  };
  for (std::size_t i = 0; i < 4; ++i)
    timers.heap.arm(timers[i], Time(static_cast<Time::rep>(i)));
  timers.heap.run(Time(10));
  assert_int_equal(timers[1].fired, 0);
  assert_int_equal(timers[2].fired, 1);
  assert_int_equal(timers[3].fired, 0);
  assert_true(timers.heap.next_due() == kNever);
}

struct Vanishing final : Timer {
  std::unique_ptr<Vanishing>* owner = nullptr;
  void on_due() override { owner->reset(); }
};

void test_a_timer_may_be_destroyed_in_on_due(void**) {
  Timers<1> timers;
  auto gone = std::make_unique<Vanishing>();
  gone->owner = &gone;
  timers.heap.arm(*gone, Time(1));
  timers.heap.run(Time(1));
  assert_null(gone.get());
  assert_true(timers.heap.next_due() == kNever);
}

// Against a multimap from time to timer.
void test_a_heap_behaves_as_a_sorted_list(void**) {
  constexpr std::size_t kTimers = 40;
  std::mt19937 random = test::seeded_random();
  Timers<kTimers> timers;
  std::multimap<Time, std::size_t> model;
  const auto forget = [&](std::size_t i) {
    std::erase_if(model, [i](const auto& entry) { return entry.second == i; });
  };
  std::vector<std::size_t> fired;
  for (std::size_t i = 0; i < kTimers; ++i)
    timers[i].then = [&fired, i](TestTimer&) { fired.push_back(i); };

  Time now{0};
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t i = test::pick(random, kTimers - 1);
    const std::size_t what = test::pick(random, 9);
    if (what < 6) {
      const Time due = now + Time(static_cast<Time::rep>(test::pick(random, 50)));
      forget(i);
      model.emplace(due, i);
      timers.heap.arm(timers[i], due);
      assert_true(timers[i].due() == due);
    } else if (what < 8) {
      forget(i);
      timers.heap.disarm(timers[i]);
      assert_false(timers[i].armed());
    } else {
      now += Time(static_cast<Time::rep>(test::pick(random, 20)));
      timers.heap.run(now);
      Time before{0};
      for (const std::size_t one : fired) {
        const auto place =
            std::find_if(model.begin(), model.end(), [one](const auto& entry) { return entry.second == one; });
        assert_true(place != model.end());
        assert_true(place->first >= before && place->first <= now);
        before = place->first;
        model.erase(place);
      }
      fired.clear();
    }
    assert_true(timers.heap.next_due() == (model.empty() ? kNever : model.begin()->first));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_an_empty_heap_has_no_due_time),
      cmocka_unit_test(test_due_timers_fire_once_in_their_order),
      cmocka_unit_test(test_arming_again_moves),
      cmocka_unit_test(test_arm_by_only_moves_to_an_earlier_time),
      cmocka_unit_test(test_a_timer_may_arm_itself_from_on_due),
      cmocka_unit_test(test_a_timer_armed_for_the_past_waits_for_the_next_run),
      cmocka_unit_test(test_a_timer_may_disarm_others_from_on_due),
      cmocka_unit_test(test_a_timer_may_be_destroyed_in_on_due),
      cmocka_unit_test(test_a_heap_behaves_as_a_sorted_list),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
