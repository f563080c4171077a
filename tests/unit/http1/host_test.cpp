#include "http1/host.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using namespace mote::http1;

void test_ports(void**) {
  assert_string_equal(std::string(without_port("name")).c_str(), "name");
  assert_string_equal(std::string(without_port("name:80")).c_str(), "name");
  assert_string_equal(std::string(without_port("[::1]")).c_str(), "[::1]");
  assert_string_equal(std::string(without_port("[::1]:80")).c_str(), "[::1]");
  assert_string_equal(std::string(without_port("[::1")).c_str(), "[::1");
  assert_string_equal(std::string(without_port("")).c_str(), "");
}

void test_local_hosts(void**) {
  for (const char* host : {"", "127.0.0.1", "127.0.0.1:9464", "192.168.7.2:80", "localhost", "LocalHost:9464", "[::1]",
                           "[::1]:9464", "[fe80::1]", "[::ffff:10.0.0.1]:1"}) {
    assert_true(is_local_host(host));
  }
}

void test_foreign_hosts(void**) {
  for (const char* host : {"evil.example", "evil.example:9464", "localhost.evil.example", "127.0.0.1.evil.example",
                           "localhos", "1.2.3.4x", "[::1].evil.example", "[]", "[evil]", "[::1", ":80", "-",
                           "localhost@evil.example", "127.0.0.1:", "127.0.0.1:80.evil.example", "[::1]:evil"}) {
    assert_false(is_local_host(host));
  }
}

void test_the_same_host(void**) {
  assert_true(same_host("Gateway.Local:80", "gateway.local:80"));
  assert_false(same_host("gateway.local:80", "gateway.local:81"));
  assert_false(same_host("gateway.local", "gateway.loca"));
}

void test_origins(void**) {
  assert_true(is_origin_of("http://127.0.0.1:9464", "127.0.0.1:9464"));
  assert_true(is_origin_of("https://gateway.local", "gateway.local"));
  for (const char* origin : {"", "null", "http://", "http://127.0.0.1:9465", "http://127.0.0.1:94640",
                             "ftp://127.0.0.1:9464", "127.0.0.1:9464", "http://evil.example"}) {
    assert_false(is_origin_of(origin, "127.0.0.1:9464"));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_ports),         cmocka_unit_test(test_local_hosts), cmocka_unit_test(test_foreign_hosts),
      cmocka_unit_test(test_the_same_host), cmocka_unit_test(test_origins),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
