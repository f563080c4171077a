#include "http1/base64.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using mote::MutableBytes;
using namespace mote::http1;

std::string encoded(const std::string& text, std::size_t more_room = 0) {
  std::vector<std::uint8_t> buffer(base64_size(text.size()) + more_room);
  std::copy(text.begin(), text.end(), buffer.end() - static_cast<std::ptrdiff_t>(text.size()));
  base64_encode(buffer, text.size());
  return std::string(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(base64_size(text.size())));
}

std::string decoded(std::string text) {
  std::vector<std::uint8_t> buffer(text.begin(), text.end());
  const auto size = base64_decode(buffer);
  return size ? std::string(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)) : "invalid";
}

// RFC 4648 10.
void test_the_vectors_of_the_specification(void**) {
  const std::vector<std::pair<std::string, std::string>> vectors = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xff\xfe\xfb", "//77"},
  };
  for (const auto& [text, base64] : vectors) {
    assert_string_equal(encoded(text).c_str(), base64.c_str());
    assert_string_equal(decoded(base64).c_str(), text.c_str());
  }
}

// The result overwrites the text only after it was read, however little room there is.
void test_every_size_and_room(void**) {
  for (std::size_t size = 0; size < 300; ++size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i)
      text += static_cast<char>(i * 37 + size);
    for (const std::size_t room : std::initializer_list<std::size_t>{0, 1, 2, 3, 100}) {
      const std::string base64 = encoded(text, room);
      assert_true(decoded(base64) == text);
    }
  }
}

void test_several_texts_in_one(void**) {
  assert_string_equal(decoded("Zg==Zm8=Zm9v").c_str(), "ffofoo");
}

void test_what_is_not_base64(void**) {
  for (const char* text : {"Z", "Zg=", "Zg", "Zm9v=", "Z===", "====", "Zg=a", "Zm9*", "Zm 9", "Zm9-", "=Zm9"}) {
    assert_string_equal(decoded(text).c_str(), "invalid");
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_vectors_of_the_specification),
      cmocka_unit_test(test_every_size_and_room),
      cmocka_unit_test(test_several_texts_in_one),
      cmocka_unit_test(test_what_is_not_base64),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
