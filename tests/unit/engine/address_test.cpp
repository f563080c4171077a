#include "engine/address.h"

#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "support/cmocka_test.h"

using mote::engine::Address;
using mote::engine::AddressText;
using mote::engine::every_ipv4;
using mote::engine::parse_address;
using mote::engine::ParsedAddress;

namespace {

Address parsed(std::string_view text) {
  const ParsedAddress result = parse_address(text);
  if (!result.address)
    fail_msg("%.*s: %.*s", int(text.size()), text.data(), int(result.error.size()), result.error.data());
  assert_true(result.error.empty());
  return *result.address;
}

std::string text_of(const Address& address) {
  return std::string(AddressText(address).view());
}

void assert_reads(std::string_view text, const char* written) {
  assert_string_equal(text_of(parsed(text)).c_str(), written);
}

void assert_refused(std::string_view text, std::string_view reason) {
  const ParsedAddress result = parse_address(text);
  if (result.address) fail_msg("%.*s was taken", int(text.size()), text.data());
  if (result.error.find(reason) == std::string_view::npos) {
    fail_msg("%.*s: %.*s", int(text.size()), text.data(), int(result.error.size()), result.error.data());
  }
}

void test_ipv4(void**) {
  const Address address = parsed("127.0.0.1:50051");
  assert_int_equal(address.family(), AF_INET);
  assert_int_equal(address.length, sizeof(sockaddr_in));
  assert_false(address.every);
  assert_reads("127.0.0.1:50051", "127.0.0.1:50051");
  assert_reads("0.0.0.0:0", "0.0.0.0:0");
  assert_reads("255.255.255.255:65535", "255.255.255.255:65535");
}

void test_ipv6(void**) {
  const Address address = parsed("[::1]:50051");
  assert_int_equal(address.family(), AF_INET6);
  assert_int_equal(address.length, sizeof(sockaddr_in6));
  assert_false(address.every);
  assert_reads("[::1]:50051", "[::1]:50051");
  assert_reads("[2001:DB8:0:0:0:0:0:1]:1", "[2001:db8::1]:1");
  assert_reads("[::ffff:192.0.2.1]:80", "[::ffff:192.0.2.1]:80");
}

void test_every_address(void**) {
  for (const char* text : {":50051", "*:50051", "[::]:50051"}) {
    const Address address = parsed(text);
    assert_true(address.every);
    assert_reads(text, "[::]:50051");
    assert_string_equal(text_of(every_ipv4(address)).c_str(), "0.0.0.0:50051");
  }
}

void test_tls_before_any_form(void**) {
  assert_true(parsed("tls:127.0.0.1:1").tls);
  assert_false(parsed("127.0.0.1:1").tls);
  assert_true(mote::engine::every_ipv4(parsed("tls:*:1")).tls);
  assert_reads("tls:127.0.0.1:50051", "tls:127.0.0.1:50051");
  assert_reads("tls:[::1]:2", "tls:[::1]:2");
  assert_reads("tls:unix:/run/mote.sock", "tls:unix:/run/mote.sock");
  for (const char* wrong : {"tls:", "tls:tls:127.0.0.1:1", "tls:127.0.0.1"})
    assert_false(mote::engine::parse_address(wrong).address.has_value());
}

void test_unix(void**) {
  const Address address = parsed("unix:/run/mote.sock");
  assert_int_equal(address.family(), AF_UNIX);
  assert_int_equal(address.length, offsetof(sockaddr_un, sun_path) + std::strlen("/run/mote.sock") + 1);
  assert_reads("unix:/run/mote.sock", "unix:/run/mote.sock");
  assert_reads("unix:///run/mote.sock", "unix:/run/mote.sock");
  assert_reads("unix:mote.sock", "unix:mote.sock");
  const std::string longest = "unix:" + std::string(107, 'x');
  assert_reads(longest, longest.c_str());
}

void test_hosts_are_ipv6_addresses(void**) {
  using mote::engine::ipv6_of;
  using mote::engine::parse_ip;
  const std::optional<mote::engine::Ipv6Bytes> ipv4 = ipv6_of(*parse_address("10.0.0.1:1").address);
  assert_true(ipv4.has_value());
  assert_true(ipv4 == ipv6_of(*parse_address("[::ffff:10.0.0.1]:2").address));
  assert_true(ipv4 == parse_ip("10.0.0.1"));
  assert_true(ipv4 != parse_ip("::10.0.0.1"));
  assert_true(ipv6_of(*parse_address("[2001:db8::1]:1").address) == parse_ip("2001:db8::1"));
  assert_false(ipv6_of(*parse_address("unix:/tmp/socket").address).has_value());
  for (const char* text : {"", "host", "10.0.0.1:1", "[::1]", "10.0.0.1/8"})
    assert_false(parse_ip(text).has_value());
}

void test_errors_name_the_correct_form(void**) {
  assert_refused("", "port is missing");
  assert_refused("127.0.0.1", "port is missing");
  assert_refused("[::1]", "port is missing");
  assert_refused("50051", "port is missing");
  assert_refused("127.0.0.1:", "not a number from 0 to 65535");
  assert_refused("127.0.0.1:65536", "not a number from 0 to 65535");
  assert_refused("127.0.0.1:-1", "not a number from 0 to 65535");
  assert_refused("127.0.0.1:+1", "not a number from 0 to 65535");
  assert_refused("127.0.0.1:80x", "not a number from 0 to 65535");
  assert_refused("127.0.0.1: 80", "not a number from 0 to 65535");
  assert_refused("localhost:80", "127.0.0.1 or [::1]");
  assert_refused("127.0.0.256:80", "not a numeric address");
  assert_refused("127.1:80", "not a numeric address");
  assert_refused(std::string(5000, '1') + ":80", "not a numeric address");
  assert_refused(std::string_view("127.0.0.1\0x:80", 14), "not a numeric address");
  assert_refused("::1:50051", "brackets");
  assert_refused("[:80", "brackets: [::1]");
  assert_refused("[]:80", "not a numeric IPv6 address");
  assert_refused("[fe80::1%lo]:80", "not a numeric IPv6 address");
  assert_refused("[127.0.0.1]:80", "not a numeric IPv6 address");
  assert_refused("unix:", "path is missing");
  assert_refused("unix:" + std::string(108, 'x'), "longer than 107 bytes");
  assert_refused(std::string_view("unix:a\0b", 8), "zero byte");
}

// What the kernel fills in: an unnamed Unix peer has no path, and a bound port is the real one.
// RFC 5952.
void test_ipv6_as_text(void**) {
  for (const char* text : {"[::1]:1", "[1::]:1", "[::]:1", "[2001:db8::1]:1", "[2001:db8:0:1:1:1:1:1]:1",
                           "[1:0:0:2::3]:1", "[1::2:0:0:3:4]:1", "[1:2:3:4:5:6::]:1", "[fe80::abcd:ef01:23:4]:1",
                           "[::ffff:10.0.255.1]:1", "[1020:304:5060:708:90a0:b0c:d0e0:f00]:1"}) {
    assert_reads(text, text);
  }
  assert_reads("[::2:3:4:5:6:7:8]:1", "[0:2:3:4:5:6:7:8]:1");
  assert_reads("[1:0:0:2:0:0:0:3]:1", "[1:0:0:2::3]:1");
  assert_reads("[1:0:0:2:3:0:0:4]:1", "[1::2:3:0:0:4]:1");
}

void test_text_of_what_the_kernel_fills(void**) {
  Address unnamed;
  unnamed.storage.ss_family = AF_UNIX;
  unnamed.length = sizeof(sa_family_t);
  assert_string_equal(text_of(unnamed).c_str(), "unix:");
  assert_string_equal(text_of(Address{}).c_str(), "unknown");

  Address full;
  std::memset(&full.storage, 'x', sizeof(full.storage));
  full.storage.ss_family = AF_UNIX;
  assert_string_equal(text_of(full).c_str(), ("unix:" + std::string(108, 'x')).c_str());

  const Address wanted = parsed("127.0.0.1:0");
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(listener >= 0);
  assert_int_equal(bind(listener, wanted.pointer(), wanted.length), 0);
  Address bound;
  assert_int_equal(getsockname(listener, bound.pointer(), &bound.length), 0);
  close(listener);
  assert_int_equal(text_of(bound).rfind("127.0.0.1:", 0), 0);
  assert_string_not_equal(text_of(bound).c_str(), "127.0.0.1:0");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_tls_before_any_form),
      cmocka_unit_test(test_ipv4),
      cmocka_unit_test(test_ipv6),
      cmocka_unit_test(test_every_address),
      cmocka_unit_test(test_unix),
      cmocka_unit_test(test_hosts_are_ipv6_addresses),
      cmocka_unit_test(test_errors_name_the_correct_form),
      cmocka_unit_test(test_ipv6_as_text),
      cmocka_unit_test(test_text_of_what_the_kernel_fills),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
