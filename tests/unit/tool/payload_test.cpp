#include "mote-device/payload.h"

#include <string>
#include <vector>

#include "mote-device/escaped.h"
#include "support/cmocka_test.h"

namespace {

std::string repeated(std::string_view text, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  mote::tool::repeat_text(text, bytes);
  return {bytes.begin(), bytes.end()};
}

void test_text_is_repeated_and_cut(void**) {
  assert_string_equal(repeated("abc", 3).c_str(), "abc");
  assert_string_equal(repeated("abc", 7).c_str(), "abcabca");
  assert_string_equal(repeated("abc", 1).c_str(), "a");
}

void test_no_character_is_cut(void**) {
  assert_string_equal(repeated("é", 1).c_str(), ".");
  assert_string_equal(repeated("aé", 5).c_str(), "aéa.");
  for (std::size_t size = 1; size < 40; ++size) {
    const std::string text = repeated("日🙂é", size);
    assert_int_equal(text.size(), size);
    assert_true(mote::tool::is_utf8(text));
  }
}

void test_memory(void**) {
  const mote::tool::Memory memory(100'000);
  assert_true(memory.taken());
  assert_int_equal(memory.bytes().size(), 100'000);
  assert_int_equal(memory.bytes().back(), 0);
  memory.bytes().back() = 1;
  assert_false(mote::tool::Memory(SIZE_MAX / 2).taken());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_text_is_repeated_and_cut),
      cmocka_unit_test(test_no_character_is_cut),
      cmocka_unit_test(test_memory),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
