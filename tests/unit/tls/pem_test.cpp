#include "tls/pem.h"

#include <cstdint>
#include <string>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using mote::tls::most_pem_bytes;
using mote::tls::pem_decode;
using mote::tls::PemBlock;
using mote::tls::take_pem_block;

std::string block_of(const std::string& label, const std::string& content) {
  return "-----BEGIN " + label + "-----\n" + content + "\n-----END " + label + "-----\n";
}

std::string decoded(const std::string& content) {
  const PemBlock block{"X", content};
  std::vector<std::uint8_t> bytes(most_pem_bytes(block));
  const std::size_t size = pem_decode(block, bytes);
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

// RFC 4648 10.
void test_base64_is_decoded(void**) {
  assert_string_equal(decoded("Zg==").c_str(), "f");
  assert_string_equal(decoded("Zm8=").c_str(), "fo");
  assert_string_equal(decoded("Zm9v").c_str(), "foo");
  assert_string_equal(decoded("\r\nZm9v\r\nYg =\t=\r\n").c_str(), "foob");
  assert_string_equal(decoded("Zm9vYmFy").c_str(), "foobar");
}

void test_what_is_not_base64_is_refused(void**) {
  for (const char* content : {"", "Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "====", "=Zg=", "Zm9v!", "Zm9vZ", "Zm-v",
                              "Proc-Type: 4,ENCRYPTED\n\nZm9v"})
    assert_string_equal(decoded(content).c_str(), "");
}

void test_what_does_not_fit_is_refused(void**) {
  const PemBlock block{"X", "Zm9vYmFy"};
  std::vector<std::uint8_t> bytes(6);
  assert_int_equal(pem_decode(block, mote::MutableBytes(bytes).first(5)), 0);
  assert_int_equal(pem_decode(block, bytes), 6);
}

void test_blocks_are_found_among_other_text(void**) {
  const std::string all =
      "comment\n" + block_of("EC PARAMETERS", "AAAA") + "-----\n" + block_of("EC PRIVATE KEY", "BBBB") + "end";
  std::string_view text = all;
  PemBlock block = take_pem_block(text);
  assert_true(block.label == "EC PARAMETERS");
  assert_true(block.content == "\nAAAA\n");
  block = take_pem_block(text);
  assert_true(block.label == "EC PRIVATE KEY");
  assert_true(block.content == "\nBBBB\n");
  assert_true(take_pem_block(text).label.empty());
  assert_true(text.empty());
}

void test_incomplete_blocks_are_left_out(void**) {
  const std::string whole = block_of("CERTIFICATE", "AAAA");
  const std::string good = block_of("A", "BBBB");
  // Every end that is cut off.
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    std::string_view text = std::string_view(whole).substr(0, size);
    assert_true(take_pem_block(text).label.empty());
    assert_true(text.empty());
  }
  for (const std::string& wrong :
       {"-----BEGIN A-----\nAAAA\n-----END B-----\n" + good, "-----BEGIN -----\n-----END -----\n" + good}) {
    std::string_view text = wrong;
    assert_true(take_pem_block(text).content == "\nBBBB\n");
    assert_true(take_pem_block(text).label.empty());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_base64_is_decoded),
      cmocka_unit_test(test_what_is_not_base64_is_refused),
      cmocka_unit_test(test_what_does_not_fit_is_refused),
      cmocka_unit_test(test_blocks_are_found_among_other_text),
      cmocka_unit_test(test_incomplete_blocks_are_left_out),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
