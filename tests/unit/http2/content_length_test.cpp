#include "http2/content_length.h"

#include "support/cmocka_test.h"

using mote::http2::ContentLength;

namespace {

void without_a_declaration_any_length_is_allowed(void**) {
  ContentLength length;
  assert_true(length.reached());
  assert_true(length.take(5, false));
  assert_true(length.take(0, true));
  assert_true(length.reached());
}

void the_declared_bytes_must_arrive(void**) {
  ContentLength length;
  length.declare(5);
  assert_false(length.reached());
  assert_true(length.take(4, false));
  assert_false(length.reached());
  assert_true(length.take(1, true));
  assert_true(length.reached());
}

void a_byte_more_or_less_is_malformed(void**) {
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

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(without_a_declaration_any_length_is_allowed),
      cmocka_unit_test(the_declared_bytes_must_arrive),
      cmocka_unit_test(a_byte_more_or_less_is_malformed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
