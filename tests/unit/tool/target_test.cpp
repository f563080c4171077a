#include "mote-device/target.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::tool::parse_target;

void assert_tcp(const std::string& text, std::string_view host, std::uint16_t port) {
  const auto parsed = parse_target(text);
  assert_true(parsed.error.empty());
  assert_true(parsed.target.host == host);
  assert_int_equal(parsed.target.port, port);
}

void assert_unix(const std::string& text, std::string_view path) {
  const auto parsed = parse_target(text);
  assert_true(parsed.error.empty());
  assert_true(parsed.target.host.empty());
  assert_true(parsed.target.path == path);
}

void assert_refused(const std::string& text, std::string_view advice) {
  const auto parsed = parse_target(text);
  if (parsed.error.find(advice) == std::string_view::npos)
    fail_msg("\"%s\": %.*s", text.c_str(), int(parsed.error.size()), parsed.error.data());
}

void test_hosts_and_ports(void**) {
  assert_tcp("gateway.local:1", "gateway.local", 1);
  assert_tcp("127.0.0.1:65535", "127.0.0.1", 65535);
  assert_tcp("[::1]:50052", "::1", 50052);
  assert_tcp("dns:///gateway:80", "gateway", 80);
  assert_tcp(std::string(253, 'a') + ":80", std::string(253, 'a'), 80);
}

void test_port_by_default(void**) {
  assert_tcp("gateway", "gateway", 50051);
  assert_tcp("[fe80::1]", "fe80::1", 50051);
}

void test_unix_sockets(void**) {
  assert_unix("unix:/run/mote.sock", "/run/mote.sock");
  assert_unix("unix:///run/mote.sock", "/run/mote.sock");
  assert_unix("unix:here.sock", "here.sock");
  assert_unix("unix:" + std::string(107, 'p'), std::string(107, 'p'));
}

void test_invalid_addresses(void**) {
  for (const char* text : {"host:", "host:0", "host:65536", "host:x", "host:1x", "host: 1", "[::1]:", "[::1]:0"})
    assert_refused(text, "number from 1 to 65535");
  for (const char* text : {"", ":50051", "[]:50051"})
    assert_refused(text, "host is missing");
  assert_refused("::1", "brackets: [::1]:50051");
  assert_refused("::1:50051", "brackets: [::1]:50051");
  assert_refused("[::1", "brackets: [::1]:50051");
  assert_refused("[::1]50051", "brackets: [::1]:50051");
  assert_refused(std::string(254, 'a'), "253 characters");
  assert_refused("unix:", "write unix:PATH");
  assert_refused("unix:" + std::string(108, 'p'), "107 bytes");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_hosts_and_ports),
      cmocka_unit_test(test_port_by_default),
      cmocka_unit_test(test_unix_sockets),
      cmocka_unit_test(test_invalid_addresses),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
