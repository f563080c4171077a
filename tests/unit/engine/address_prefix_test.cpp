#include "engine/address_prefix.h"

#include "support/cmocka_test.h"

namespace {

using namespace mote::engine;

bool contains(std::string_view prefix, std::string_view address) {
  return AddressPrefix::parse(prefix)->contains(*parse_address(address).address);
}

void test_an_address_is_a_prefix_of_itself(void**) {
  assert_true(contains("192.0.2.1", "192.0.2.1:5"));
  assert_false(contains("192.0.2.1", "192.0.2.2:5"));
  assert_true(contains("2001:db8::1", "[2001:db8::1]:5"));
  assert_false(contains("2001:db8::1", "[2001:db8::2]:5"));
}

void test_prefixes(void**) {
  assert_true(contains("10.0.0.0/8", "10.255.1.2:5"));
  assert_false(contains("10.0.0.0/8", "11.0.0.0:5"));
  assert_true(contains("10.0.0.128/25", "10.0.0.200:5"));
  assert_false(contains("10.0.0.128/25", "10.0.0.127:5"));
  assert_true(contains("0.0.0.0/0", "203.0.113.9:5"));
  assert_false(contains("0.0.0.0/0", "[2001:db8::1]:5"));
  assert_true(contains("2001:db8::/33", "[2001:db8:7fff::1]:5"));
  assert_false(contains("2001:db8::/33", "[2001:db8:8000::1]:5"));
  assert_true(contains("::/0", "192.0.2.1:5"));
}

void test_a_mapped_address_is_its_ipv4_address(void**) {
  assert_true(contains("192.0.2.0/24", "[::ffff:192.0.2.7]:5"));
  assert_true(contains("::ffff:192.0.2.7", "192.0.2.7:5"));
}

void test_unix_means_peers_on_unix_sockets(void**) {
  assert_true(contains("unix", "unix:/run/s"));
  assert_false(contains("unix", "127.0.0.1:5"));
  assert_false(contains("::/0", "unix:/run/s"));
}

void test_what_is_no_prefix(void**) {
  for (const char* text : {"", "localhost", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8",
                           "::1/129", "2001:db8::1/32", "[::1]", "10.0.0.1:5", "unix:/run/s", "10.0.0"})
    assert_false(AddressPrefix::parse(text).has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_an_address_is_a_prefix_of_itself),
      cmocka_unit_test(test_prefixes),
      cmocka_unit_test(test_a_mapped_address_is_its_ipv4_address),
      cmocka_unit_test(test_unix_means_peers_on_unix_sockets),
      cmocka_unit_test(test_what_is_no_prefix),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
