#include "engine/lean/web_sites.h"

#include <array>

#include "support/cmocka_test.h"

namespace {

using mote::lean::WebSites;

const std::array<std::string, 2> kHosts = {"gateway.local", "plant.example:8443"};
const std::array<std::string, 2> kOrigins = {"http://console.example:8080", "https://plant.example"};

void test_hosts(void**) {
  const WebSites sites{.hosts = kHosts, .origins = {}};
  for (const char* known :
       {"127.0.0.1:50051", "[::1]", "localhost", "gateway.local", "Gateway.LOCAL:9464", "plant.example:8443"})
    assert_true(sites.knows_host(known));
  for (const char* foreign :
       {"evil.example", "plant.example", "plant.example:80", "xgateway.local", "gateway.local.evil"})
    assert_false(sites.knows_host(foreign));
  assert_false(WebSites().knows_host("gateway.local"));
}

void test_origins(void**) {
  const WebSites sites{.hosts = {}, .origins = kOrigins};
  assert_true(sites.on());
  for (const char* allowed : {"", "http://console.example:8080", "https://plant.example"})
    assert_true(sites.allows(allowed));
  for (const char* foreign : {"null", "http://console.example", "https://console.example:8080",
                              "https://plant.example.evil", "https://PLANT.example", "https://plant.example/"})
    assert_false(sites.allows(foreign));
}

void test_off(void**) {
  assert_false(WebSites().on());
  assert_true(WebSites().allows(""));
  assert_false(WebSites().allows("https://plant.example"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_hosts),
      cmocka_unit_test(test_origins),
      cmocka_unit_test(test_off),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
