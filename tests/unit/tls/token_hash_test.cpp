#include "tls/token_hash.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::tls::hash_of;
using mote::tls::HashText;
using mote::tls::same_hash;

std::string text_of(const HashText& hash) {
  return {hash.data(), hash.size()};
}

// The examples of FIPS 180-2, appendix B.
void test_known_hashes(void**) {
  assert_string_equal(text_of(hash_of("abc")).c_str(),
                      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_string_equal(text_of(hash_of("")).c_str(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

void test_every_digit_counts(void**) {
  const HashText hash = hash_of("token");
  assert_true(same_hash(hash, text_of(hash)));
  for (std::size_t i = 0; i < hash.size(); ++i) {
    std::string other = text_of(hash);
    other[i] = other[i] == '0' ? '1' : '0';
    assert_false(same_hash(hash, other));
  }
  assert_false(same_hash(hash, text_of(hash).substr(1)));
  assert_false(same_hash(hash, ""));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_known_hashes),
      cmocka_unit_test(test_every_digit_counts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
