#include "grpc_web/base64.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using namespace mote::grpc_web;

std::string encoded(const std::string& text) {
  std::vector<std::uint8_t> buffer(base64_size(text.size()));
  std::copy(text.begin(), text.end(), buffer.begin());
  base64_encode(buffer, text.size());
  return {buffer.begin(), buffer.end()};
}

// Decodes pieces of this size in place.
std::string decoded(std::string text, std::size_t piece = SIZE_MAX) {
  Base64Decoder decoder;
  std::string result;
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at)) {
    std::vector<std::uint8_t> buffer(text.begin() + static_cast<std::ptrdiff_t>(at), text.end());
    buffer.resize(std::min(piece, buffer.size()));
    std::vector<std::uint8_t> whole(base64_fits(buffer.size() + 6));
    mote::ByteWriter out(buffer.size() == text.size() ? mote::MutableBytes(buffer) : mote::MutableBytes(whole));
    if (!decoder.decode(buffer, out) || out.overflowed()) return "invalid";
    result += mote::as_text(out.written());
  }
  return decoder.complete() ? result : "invalid";
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

void test_every_size_and_piece(void**) {
  for (std::size_t size = 0; size < 300; ++size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i)
      text += static_cast<char>(i * 37 + size);
    const std::string base64 = encoded(text);
    for (const std::size_t piece : std::initializer_list<std::size_t>{1, 2, 3, 4, 5, 100, SIZE_MAX})
      assert_true(decoded(base64, piece) == text);
  }
}

void test_what_fits(void**) {
  for (std::size_t room = 0; room < 100; ++room) {
    assert_true(base64_size(base64_fits(room)) <= room);
    assert_true(base64_size(base64_fits(room) + 1) > room);
  }
}

void test_several_texts_in_one(void**) {
  assert_string_equal(decoded("Zg==Zm8=Zm9v").c_str(), "ffofoo");
  assert_string_equal(decoded("Zg==Zm8=Zm9v", 1).c_str(), "ffofoo");
}

void test_what_is_not_base64(void**) {
  for (const char* text : {"Z", "Zg=", "Zg", "Zm9v=", "Z===", "====", "Zg=a", "Zm9*", "Zm 9", "Zm9-", "=Zm9"}) {
    assert_string_equal(decoded(text).c_str(), "invalid");
    assert_string_equal(decoded(text, 1).c_str(), "invalid");
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_vectors_of_the_specification),
      cmocka_unit_test(test_every_size_and_piece),
      cmocka_unit_test(test_what_fits),
      cmocka_unit_test(test_several_texts_in_one),
      cmocka_unit_test(test_what_is_not_base64),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
