#include "wait_readable.h"

#include <unistd.h>

#include <thread>

#include "support/cmocka_test.h"

namespace {

using mote::posix::wait_readable;

constexpr std::uint32_t kHourMs = 3'600'000;

volatile std::sig_atomic_t first = 0;
volatile std::sig_atomic_t second = 0;

void test_input_ends_the_wait(void**) {
  int ends[2];
  assert_int_equal(::pipe(ends), 0);
  assert_false(wait_readable(ends[0], 0, {}));
  assert_int_equal(::write(ends[1], "q", 1), 1);
  assert_true(wait_readable(ends[0], kHourMs, {&first, &second}));
  ::close(ends[0]);
  ::close(ends[1]);
}

void test_the_time_ends_the_wait(void**) {
  assert_false(wait_readable(-1, 0, {&first}));
  assert_false(wait_readable(-1, 101, {&first}));
}

void test_a_flag_that_is_set_before_ends_the_wait(void**) {
  second = 1;
  assert_false(wait_readable(-1, kHourMs, {&first, &second}));
  second = 0;
}

// Like a signal that comes between the look at the flags and poll(): nothing interrupts the wait.
void test_a_flag_that_is_set_later_ends_the_wait(void**) {
  std::thread signal([] {
    ::usleep(20'000);
    first = 1;
  });
  assert_false(wait_readable(-1, kHourMs, {&first, &second}));
  signal.join();
  first = 0;
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_input_ends_the_wait),
      cmocka_unit_test(test_the_time_ends_the_wait),
      cmocka_unit_test(test_a_flag_that_is_set_before_ends_the_wait),
      cmocka_unit_test(test_a_flag_that_is_set_later_ends_the_wait),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
