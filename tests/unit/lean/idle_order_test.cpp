#include "engine/lean/idle_order.h"

#include <array>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using namespace mote::lean;

std::vector<const IdlePlace*> all(const IdleOrder& order) {
  std::vector<const IdlePlace*> places;
  for (const IdlePlace* place = order.first(); place != nullptr; place = order.after(*place))
    places.push_back(place);
  return places;
}

using Places = std::vector<const IdlePlace*>;

void test_an_empty_order_has_no_first(void**) {
  const IdleOrder order;
  assert_null(order.first());
}

void test_by_use_then_by_time(void**) {
  IdleOrder order;
  IdlePlace busy;
  IdlePlace idle;
  IdlePlace later;
  IdlePlace fresh;
  for (IdlePlace* place : {&busy, &idle, &later, &fresh})
    order.add(*place);
  assert_true((all(order) == Places{&busy, &idle, &later, &fresh}));
  order.move(busy, ConnectionUse::Calls);
  order.move(idle, ConnectionUse::Idle);
  order.move(later, ConnectionUse::Idle);
  assert_true((all(order) == Places{&fresh, &idle, &later, &busy}));
  // Another call behind which it is idle again.
  order.move(idle, ConnectionUse::Idle);
  assert_true((all(order) == Places{&fresh, &later, &idle, &busy}));
  order.move(idle, ConnectionUse::Idle);
  assert_true((all(order) == Places{&fresh, &later, &idle, &busy}));
  order.remove(fresh);
  order.remove(later);
  assert_true((all(order) == Places{&idle, &busy}));
  order.remove(idle);
  assert_ptr_equal(order.first(), &busy);
  order.remove(busy);
  assert_null(order.first());
}

void test_a_place_keeps_its_use(void**) {
  IdleOrder first;
  IdleOrder second;
  IdlePlace place;
  IdlePlace other;
  second.add(other);
  first.add(place);
  first.move(place, ConnectionUse::Calls);
  first.remove(place);
  second.add(place);
  assert_null(first.first());
  assert_true((all(second) == Places{&other, &place}));
}

// Looks at a few of many places in each step, and at all of them in turn.
void test_the_largest_of_some(void**) {
  IdleOrder order;
  std::vector<IdlePlace> places(10);
  for (IdlePlace& place : places)
    order.add(place);
  std::vector<int> looks(places.size());
  const auto amount = [&](const IdlePlace& place) {
    const auto index = static_cast<std::size_t>(&place - places.data());
    ++looks[index];
    return std::array<std::size_t, 10>{3, 5, 5, 1, 0, 0, 0, 0, 9, 2}[index];
  };
  assert_ptr_equal(order.largest_of_next(4, amount), &places[1]);
  assert_true((looks == std::vector{1, 1, 1, 1, 0, 0, 0, 0, 0, 0}));
  assert_ptr_equal(order.largest_of_next(4, amount), &places[4]);
  assert_ptr_equal(order.largest_of_next(4, amount), &places[8]);
  assert_true((looks == std::vector{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
  assert_ptr_equal(order.largest_of_next(1, amount), &places[0]);
  assert_true((looks == std::vector{2, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
  assert_ptr_equal(order.largest_of_next(10, amount), &places[8]);
  assert_true((looks == std::vector{2, 2, 2, 2, 2, 2, 2, 2, 2, 2}));
}

void test_the_next_one_goes(void**) {
  IdleOrder order;
  IdlePlace first;
  IdlePlace second;
  IdlePlace third;
  for (IdlePlace* place : {&first, &second, &third})
    order.add(*place);
  const auto amount = [](const IdlePlace&) { return std::size_t{1}; };
  assert_ptr_equal(order.largest_of_next(1, amount), &first);
  order.remove(second);
  assert_ptr_equal(order.largest_of_next(1, amount), &third);
  assert_ptr_equal(order.largest_of_next(1, amount), &first);
  order.move(third, ConnectionUse::Calls);
  assert_ptr_equal(order.largest_of_next(1, amount), &first);
  order.remove(third);
  order.remove(first);
  assert_null(order.largest_of_next(1, amount));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_an_empty_order_has_no_first), cmocka_unit_test(test_by_use_then_by_time),
      cmocka_unit_test(test_a_place_keeps_its_use),       cmocka_unit_test(test_the_largest_of_some),
      cmocka_unit_test(test_the_next_one_goes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
