#include "tls/suites.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::tls::suite_id;
using mote::tls::suite_list;
using mote::tls::suites;

void test_suites_are_listed_in_the_order_of_their_names(void**) {
  const auto list = suite_list("TLS_CHACHA20_POLY1305_SHA256\nTLS_AES_128_GCM_SHA256\n");
  assert_int_equal(list[0], suite_id("TLS_CHACHA20_POLY1305_SHA256"));
  assert_int_equal(list[1], suite_id("TLS_AES_128_GCM_SHA256"));
  assert_int_equal(list[2], 0);
}

void test_a_suite_is_listed_once(void**) {
  std::string names;
  for (int i = 0; i < 9; ++i)
    names += "TLS_AES_128_GCM_SHA256\n";
  for (const mote::tls::Suite& suite : suites())
    names.append(suite.name).append("\n");
  const auto list = suite_list(names);
  assert_int_equal(list[0], suite_id("TLS_AES_128_GCM_SHA256"));
  for (std::size_t i = 0; i < suites().size(); ++i)
    assert_int_not_equal(list[i], 0);
  assert_int_equal(list.back(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_suites_are_listed_in_the_order_of_their_names),
      cmocka_unit_test(test_a_suite_is_listed_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
