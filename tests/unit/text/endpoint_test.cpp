#include "text/endpoint.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::text::Endpoint;
using mote::text::parse_port;
using mote::text::split_endpoint;

// "path P", or "HOST PORT", "[HOST] PORT" with the port "-" if it is missing, or the error.
std::string split(std::string_view text) {
  const Endpoint endpoint = split_endpoint(text);
  if (!endpoint.error.empty()) {
    assert_true(endpoint.path.empty() && endpoint.host.empty() && !endpoint.port);
    return std::string(endpoint.error);
  }
  if (!endpoint.path.empty()) return "path " + std::string(endpoint.path);
  const std::string host(endpoint.host);
  return (endpoint.brackets ? '[' + host + ']' : host) + ' ' + std::string(endpoint.port.value_or("-"));
}

void expect_split(std::string_view text, const char* wanted) {
  assert_string_equal(split(text).c_str(), wanted);
}

void a_host_and_a_port(void**) {
  expect_split("localhost:50051", "localhost 50051");
  expect_split("127.0.0.1:0", "127.0.0.1 0");
  expect_split("gateway.local", "gateway.local -");
  expect_split(":50051", " 50051");
  expect_split("host:", "host ");
  expect_split("", " -");
}

void an_ipv6_address_needs_brackets(void**) {
  const char* const advice = "write an IPv6 address in brackets: [::1]:50051";
  expect_split("[::1]:50051", "[::1] 50051");
  expect_split("[fe80::1%eth0]", "[fe80::1%eth0] -");
  expect_split("[]:1", "[] 1");
  expect_split("::1:50051", advice);
  expect_split("[::1", advice);
  expect_split("[::1]50051", advice);
}

void the_path_of_a_unix_socket(void**) {
  expect_split("unix:/run/mote.sock", "path /run/mote.sock");
  expect_split("unix:///run/mote.sock", "path /run/mote.sock");
  expect_split("unix:mote.sock", "path mote.sock");
  expect_split("unix:", "the path is missing: write unix:PATH");
  expect_split(std::string_view("unix:a\0b", 8), "the path contains a zero byte");
  expect_split("unix:" + std::string(107, 'a'), ("path " + std::string(107, 'a')).c_str());
  expect_split("unix:" + std::string(108, 'a'), "the path is longer than 107 bytes");
}

void ports(void**) {
  assert_int_equal(parse_port("0").value(), 0);
  assert_int_equal(parse_port("65535").value(), 65535);
  for (const char* text : {"", "65536", "-1", "+1", " 1", "1 ", "1x", "0x1"})
    assert_false(parse_port(text).has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_host_and_a_port),
      cmocka_unit_test(an_ipv6_address_needs_brackets),
      cmocka_unit_test(the_path_of_a_unix_socket),
      cmocka_unit_test(ports),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
