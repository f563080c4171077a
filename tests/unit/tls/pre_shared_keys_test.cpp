#include "tls/pre_shared_keys.h"

#include <string>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using mote::tls::find_psk;
using mote::tls::is_psk;
using mote::tls::psk_bytes;
using mote::tls::PskBuffer;

void test_keys(void**) {
  for (const std::size_t bytes : {16U, 17U, 31U, 32U})
    assert_true(is_psk(std::string(2 * bytes, 'f')));
  for (const std::size_t digits : {0U, 1U, 30U, 31U, 33U, 65U, 66U})
    assert_false(is_psk(std::string(digits, '0')));
  for (const char wrong : {'g', 'G', '/', ':', '@', '`', ' ', '\0'})
    assert_false(is_psk(std::string(31, '0') + wrong));
  assert_true(is_psk("0123456789abcdefABCDEF0123456789"));
}

void test_bytes(void**) {
  PskBuffer buffer{};
  const mote::Bytes bytes = psk_bytes("09afAF00112233445566778899aabbcc", buffer);
  const std::vector<std::uint8_t> expected = {0x09, 0xaf, 0xaf, 0,    0x11, 0x22, 0x33, 0x44,
                                              0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc};
  assert_true(std::vector<std::uint8_t>(bytes.begin(), bytes.end()) == expected);
}

void test_identities(void**) {
  constexpr std::string_view kLines = "pump 00\npump-2 11\nvalve 22\n";
  assert_true(find_psk(kLines, "pump") == "00");
  assert_true(find_psk(kLines, "pump-2") == "11");
  assert_true(find_psk(kLines, "valve") == "22");
  for (const std::string_view unknown : {"", "pum", "pump-", "Pump", "pump 00", "00", "pump 00\npump-2"})
    assert_true(find_psk(kLines, unknown).empty());
  assert_true(find_psk("", "pump").empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_keys),
      cmocka_unit_test(test_bytes),
      cmocka_unit_test(test_identities),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
