#include "mote-device/axis.h"

#include "support/cmocka_test.h"

namespace {

using mote::tool::Axis;

void assert_ticks(const Axis& axis, std::initializer_list<std::uint64_t> wanted) {
  assert_int_equal(axis.ticks().size(), wanted.size());
  std::size_t i = 0;
  for (const std::uint64_t tick : wanted)
    assert_int_equal(axis.ticks()[i++], tick);
}

void test_linear_from_zero(void**) {
  const Axis axis = Axis::of_values(100, 200, 480);
  assert_false(axis.logarithmic());
  assert_ticks(axis, {0, 100, 200, 300, 400, 500});
  assert_true(axis.place(0) == 0.0 && axis.place(500) == 1.0 && axis.place(250) == 0.5);
  assert_true(axis.place(10'000) == 1.0);
  assert_int_equal(axis.value(0.5), 250);
}

// Gaps of 100 ms, give or take a little: the little is what is to be seen.
void test_close_values_fill_the_scale(void**) {
  const Axis axis = Axis::of_values(99'500, 100'000, 100'700);
  assert_false(axis.logarithmic());
  assert_ticks(axis, {99'500, 100'000, 100'500, 101'000});
}

void test_logarithmic_when_far_apart(void**) {
  const Axis axis = Axis::of_values(60, 100, 7000);
  assert_true(axis.logarithmic());
  assert_ticks(axis, {50, 100, 200, 500, 1000, 2000, 5000, 10'000});
  assert_true(axis.place(50) == 0.0 && axis.place(10'000) == 1.0);
  assert_true(axis.value(0.0) <= 50 && axis.value(0.0) >= 49);
  const Axis wide = Axis::of_values(10, 100, 9'000'000);
  assert_ticks(wide, {10, 100, 1000, 10'000, 100'000, 1'000'000, 10'000'000});
}

void test_empty_and_tiny_messages(void**) {
  for (const Axis& axis : {Axis::of_values(0, 0, 0), Axis::of_values(0, 1, 1), Axis::of_values(7, 7, 7)}) {
    assert_true(axis.place(0) >= 0 && axis.place(7) <= 1);
    assert_true(axis.ticks().size() >= 2);
  }
  assert_true(Axis::of_values(0, 0, 1000).place(0) == 0.0);
}

void test_time(void**) {
  const Axis axis = Axis::of_time(1'550'000);
  assert_ticks(axis, {0, 500'000, 1'000'000, 1'500'000});
  assert_true(axis.place(1'550'000) == 1.0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_linear_from_zero),
      cmocka_unit_test(test_close_values_fill_the_scale),
      cmocka_unit_test(test_logarithmic_when_far_apart),
      cmocka_unit_test(test_empty_and_tiny_messages),
      cmocka_unit_test(test_time),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
