#include "http2/window.h"

#include <limits>

#include "support/cmocka_test.h"

namespace {

using mote::http2::sendable_bytes;
using mote::http2::SendWindow;

void it_is_consumed_and_updated(void**) {
  SendWindow window;
  assert_int_equal(window.bytes(), 65'535);
  window.consume(65'000);
  assert_int_equal(window.bytes(), 535);
  assert_true(window.change(1'000));
  assert_int_equal(window.bytes(), 1'535);
}

// RFC 9113 6.9.2.
void it_may_become_negative(void**) {
  SendWindow window(100);
  window.consume(100);
  assert_true(window.change(-50));
  assert_int_equal(window.bytes(), -50);
  assert_true(window.change(60));
  assert_int_equal(window.bytes(), 10);
}

// RFC 9113 6.9.1.
void it_must_not_exceed_its_maximum(void**) {
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  SendWindow window(kMost - 1);
  assert_true(window.change(1));
  assert_false(window.change(1));
  SendWindow other(1);
  assert_false(other.change(kMost));
}

void the_smaller_window_counts(void**) {
  assert_int_equal(sendable_bytes(SendWindow(10), SendWindow(20)), 10);
  assert_int_equal(sendable_bytes(SendWindow(20), SendWindow(10)), 10);
  assert_int_equal(sendable_bytes(SendWindow(20), SendWindow(-1)), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(it_is_consumed_and_updated),
      cmocka_unit_test(it_may_become_negative),
      cmocka_unit_test(it_must_not_exceed_its_maximum),
      cmocka_unit_test(the_smaller_window_counts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
