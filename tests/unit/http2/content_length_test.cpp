// content-length against DATA, and budgets: the last byte and the last unit.
#include "http2/content_length.h"

#include "http2/budget.h"
#include "http2/server/provoked_frames.h"
#include "support/cmocka_test.h"

using mote::http2::Budget;
using mote::http2::ContentLength;
using mote::http2::ProvokedFrames;

namespace {

void test_without_a_content_length_any_length_is_right(void**) {
  ContentLength length;
  assert_true(length.reached());
  assert_true(length.take(5, false));
  assert_true(length.take(0, true));
  assert_true(length.reached());
}

void test_the_declared_bytes_have_to_come(void**) {
  ContentLength length;
  length.declare(5);
  assert_false(length.reached());
  assert_true(length.take(4, false));
  assert_false(length.reached());
  assert_true(length.take(1, true));
  assert_true(length.reached());
}

void test_a_byte_more_or_less_is_malformed(void**) {
  ContentLength length;
  length.declare(5);
  assert_true(length.take(5, false));
  assert_false(length.take(1, false));
  length.declare(5);
  assert_false(length.take(6, true));
  length.declare(5);
  assert_false(length.take(4, true));
  length.declare(0);
  assert_true(length.take(0, true));
}

void test_a_budget_is_spent_to_its_last_unit(void**) {
  Budget budget(2);
  assert_true(budget.spend());
  assert_true(budget.spend());
  assert_false(budget.spend());
  assert_false(budget.spend());
}

void test_a_refund_stops_at_the_most(void**) {
  Budget budget(0);
  budget.refund(1, 3);
  assert_true(budget.spend());
  assert_false(budget.spend());
  for (const std::uint32_t amount : {3U, 4U, UINT32_MAX}) {
    budget.refund(amount, 3);
    for (int i = 0; i < 3; ++i)
      assert_true(budget.spend());
    assert_false(budget.spend());
  }
  budget.refund(2, 3);
  budget.refund(1, 3);
  budget.refund(1, 3);
  for (int i = 0; i < 3; ++i)
    assert_true(budget.spend());
  assert_false(budget.spend());
}

void test_late_data_is_free_to_its_last_byte(void**) {
  ProvokedFrames provoked;
  provoked.ended_early(10, 100);
  assert_true(provoked.take_late_data(10));
  assert_false(provoked.take_late_data(1));
  // The end of the request, once.
  assert_true(provoked.take_late_data(0));
  assert_false(provoked.take_late_data(0));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_without_a_content_length_any_length_is_right),
      cmocka_unit_test(test_the_declared_bytes_have_to_come),
      cmocka_unit_test(test_a_byte_more_or_less_is_malformed),
      cmocka_unit_test(test_a_budget_is_spent_to_its_last_unit),
      cmocka_unit_test(test_a_refund_stops_at_the_most),
      cmocka_unit_test(test_late_data_is_free_to_its_last_byte),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
