#include "http2/server/sent_goaway.h"

#include "support/cmocka_test.h"

namespace {

using mote::http2::kMaxStreamId;
using mote::http2::SentGoaway;

void before_goaway_no_stream_is_ignored(void**) {
  const SentGoaway goaway;
  assert_false(goaway.sent());
  assert_false(goaway.ignores(kMaxStreamId));
}

void streams_above_the_last_one_are_ignored(void**) {
  SentGoaway goaway;
  goaway.record(5);
  assert_true(goaway.sent());
  assert_false(goaway.ignores(5));
  assert_true(goaway.ignores(7));
}

// RFC 9113 6.8.
void a_later_goaway_does_not_raise_the_last_stream(void**) {
  SentGoaway goaway;
  goaway.record(5);
  goaway.record(9);
  assert_int_equal(goaway.last_stream(), 5);
  goaway.record(3);
  assert_int_equal(goaway.last_stream(), 3);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(before_goaway_no_stream_is_ignored),
      cmocka_unit_test(streams_above_the_last_one_are_ignored),
      cmocka_unit_test(a_later_goaway_does_not_raise_the_last_stream),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
