#include "http2/server/stream_ids.h"

#include "support/cmocka_test.h"

namespace {

using mote::http2::kMaxStreamId;
using mote::http2::StreamIds;

void ids_of_clients_are_odd(void**) {
  assert_true(StreamIds::of_client(1));
  assert_true(StreamIds::of_client(kMaxStreamId));
  assert_false(StreamIds::of_client(2));
}

// RFC 9113 5.1.1.
void ids_only_grow(void**) {
  StreamIds ids;
  assert_int_equal(ids.last(), 0);
  assert_true(ids.is_new(1));
  ids.open(1);
  ids.open(3);
  assert_int_equal(ids.last(), 3);
  assert_false(ids.is_new(1));
  assert_false(ids.is_new(3));
  assert_true(ids.is_new(5));
  assert_false(ids.passed_over());
}

void a_gap_closes_the_streams_in_it(void**) {
  StreamIds ids;
  ids.open(1);
  assert_true(ids.idle(3));
  ids.open(7);
  assert_true(ids.passed_over());
  assert_false(ids.idle(3));
  assert_false(ids.idle(7));
  assert_true(ids.idle(9));
}

void a_first_id_above_1_is_a_gap(void**) {
  StreamIds ids;
  ids.open(3);
  assert_true(ids.passed_over());
}

void streams_of_the_server_are_always_idle(void**) {
  StreamIds ids;
  ids.open(9);
  assert_true(ids.idle(2));
  assert_true(ids.idle(10));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(ids_of_clients_are_odd),
      cmocka_unit_test(ids_only_grow),
      cmocka_unit_test(a_gap_closes_the_streams_in_it),
      cmocka_unit_test(a_first_id_above_1_is_a_gap),
      cmocka_unit_test(streams_of_the_server_are_always_idle),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
