#include "engine/lean/idle_order.h"

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

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_an_empty_order_has_no_first),
      cmocka_unit_test(test_by_use_then_by_time),
      cmocka_unit_test(test_a_place_keeps_its_use),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
