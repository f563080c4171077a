#include "engine/lean/proxy_header.h"

#include <array>
#include <string>

#include "bytes/literal.h"
#include "support/cmocka_test.h"
#include "support/proxy_header.h"

namespace {

using namespace mote;
using namespace mote::lean;
using namespace mote::test;
using State = ProxyHeader::State;
using Kind = AddressKey::Kind;

ProxyHeader read(const std::string& bytes) {
  return read_proxy_header(as_bytes(bytes));
}

void test_tcp_over_ipv4(void**) {
  const ProxyHeader read_header = read(proxy_header(0x21, 0x11, 12, kProxiedIpv4 + "PRI * HTTP/2.0"));
  assert_true(read_header.state == State::Complete);
  assert_int_equal(read_header.size, 28);
  assert_int_equal(read_header.following, 0);
  assert_true(read_header.client == kProxiedClient);
}

void test_tcp_over_ipv6(void**) {
  const std::string client("\x20\x01\x0d\xb8\x00\x01\x00\x02\x00\x00\x00\x00\x00\x00\x00\x05", 16);
  const ProxyHeader read_header = read(proxy_header(0x21, 0x21, 36, client + client + "\x0f\xa0\xc3\x83"));
  assert_true(read_header.state == State::Complete);
  assert_int_equal(read_header.size, 52);
  assert_true(read_header.client == (AddressKey{.value = 0x20010db800010002, .kind = Kind::Ipv6}));
}

void test_unix_and_unspecified_name_no_client(void**) {
  const ProxyHeader unix_header = read(proxy_header(0x21, 0x31, 216, std::string(216, '\0')));
  assert_true(unix_header.state == State::Complete);
  assert_int_equal(unix_header.size, 232);
  assert_true(unix_header.client.kind == Kind::None);
  const ProxyHeader unspecified = read(proxy_header(0x21, 0x00, 5));
  assert_true(unspecified.state == State::Complete);
  assert_int_equal(unspecified.size, 16);
  assert_int_equal(unspecified.following, 5);
  assert_true(unspecified.client.kind == Kind::None);
}

void test_local_ignores_what_follows(void**) {
  const ProxyHeader read_header = read(proxy_header(0x20, 0x11, 300));
  assert_true(read_header.state == State::Complete);
  assert_int_equal(read_header.size, 16);
  assert_int_equal(read_header.following, 300);
  assert_true(read_header.client.kind == Kind::None);
}

void test_tlvs_follow_the_addresses(void**) {
  const ProxyHeader read_header = read(proxy_header(0x21, 0x11, 65535, kProxiedIpv4));
  assert_true(read_header.state == State::Complete);
  assert_int_equal(read_header.size, 28);
  assert_int_equal(read_header.following, 65523);
}

void test_every_prefix_is_incomplete(void**) {
  const std::string whole = proxy_header(0x21, 0x11, 12, kProxiedIpv4);
  for (std::size_t size = 1; size < whole.size(); ++size)
    assert_true(read(whole.substr(0, size)).state == State::Incomplete);
}

void test_other_first_bytes(void**) {
  for (const char* bytes : {"P", "PRI * HTTP/2.0\r\n", "PROXY TCP4 192.0.2.1", "GET / HTTP/1.1", "\r\n\r\nx"})
    assert_true(read(bytes).state == State::Absent);
}

void test_malformed_headers(void**) {
  for (const unsigned char command : std::to_array<unsigned char>({0x00, 0x01, 0x11, 0x22, 0x2f, 0x31, 0xff}))
    assert_true(read(proxy_header(command, 0x11, 12, kProxiedIpv4)).state == State::Malformed);
  for (const unsigned char family :
       std::to_array<unsigned char>({0x01, 0x10, 0x12, 0x13, 0x20, 0x22, 0x30, 0x32, 0x41, 0xff}))
    assert_true(read(proxy_header(0x21, family, 216, std::string(216, 'x'))).state == State::Malformed);
  assert_true(read(proxy_header(0x21, 0x11, 11, kProxiedIpv4)).state == State::Malformed);
  assert_true(read(proxy_header(0x21, 0x21, 35, std::string(36, 'x'))).state == State::Malformed);
  assert_true(read(proxy_header(0x21, 0x31, 215, std::string(216, 'x'))).state == State::Malformed);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_tcp_over_ipv4),
      cmocka_unit_test(test_tcp_over_ipv6),
      cmocka_unit_test(test_unix_and_unspecified_name_no_client),
      cmocka_unit_test(test_local_ignores_what_follows),
      cmocka_unit_test(test_tlvs_follow_the_addresses),
      cmocka_unit_test(test_every_prefix_is_incomplete),
      cmocka_unit_test(test_other_first_bytes),
      cmocka_unit_test(test_malformed_headers),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
