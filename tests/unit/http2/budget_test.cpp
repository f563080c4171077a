#include "http2/budget.h"

#include <cstdint>
#include <initializer_list>

#include "support/cmocka_test.h"

namespace {

using mote::http2::Budget;

int spend_all(Budget& budget) {
  int spent = 0;
  while (budget.spend())
    ++spent;
  return spent;
}

void it_is_spent_one_by_one(void**) {
  Budget budget(3);
  assert_int_equal(spend_all(budget), 3);
  assert_false(budget.spend());
  Budget empty(0);
  assert_false(empty.spend());
}

void a_refund_stops_at_the_maximum(void**) {
  Budget budget(0);
  budget.refund(1, 3);
  assert_int_equal(spend_all(budget), 1);
  for (const std::uint32_t amount : {3U, 4U, UINT32_MAX}) {
    budget.refund(amount, 3);
    assert_int_equal(spend_all(budget), 3);
  }
  for (const std::uint32_t amount : {2U, 1U, 1U, UINT32_MAX})
    budget.refund(amount, 3);
  assert_int_equal(spend_all(budget), 3);
}

// After a reload with a lower maximum.
void a_refund_lowers_a_budget_above_the_maximum(void**) {
  Budget budget(10);
  budget.refund(1, 4);
  assert_int_equal(spend_all(budget), 4);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(it_is_spent_one_by_one),
      cmocka_unit_test(a_refund_stops_at_the_maximum),
      cmocka_unit_test(a_refund_lowers_a_budget_above_the_maximum),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
