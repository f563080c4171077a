#include "bytes/utf8.h"

#include <array>
#include <csetjmp>
#include <cstdarg>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

extern "C" {
#include <cmocka.h>
}

using mote::as_bytes;
using mote::Bytes;
using mote::codec::Utf8Validator;

namespace {

bool valid(std::string_view text) {
  Utf8Validator validator;
  return validator.feed(as_bytes(text)) && validator.complete();
}

std::size_t length_of(std::uint32_t code_point) {
  return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

// The code point in `length` bytes, which may be more than it needs.
std::string encode(std::uint32_t code_point, std::size_t length) {
  if (length == 1) return {static_cast<char>(code_point)};
  std::string text(length, '\0');
  for (std::size_t i = length; i-- > 1; code_point >>= 6)
    text[i] = static_cast<char>(0x80 | (code_point & 0x3f));
  text[0] = static_cast<char>((0xf00U >> length & 0xff) | code_point);
  return text;
}

bool is_scalar_value(std::uint32_t code_point) {
  return code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff);
}

void test_every_code_point_in_every_length(void**) {
  for (std::uint32_t code_point = 0; code_point < 0x200000; ++code_point) {
    for (std::size_t length = length_of(code_point); length <= 4; ++length) {
      const bool expected = is_scalar_value(code_point) && length == length_of(code_point);
      assert_int_equal(valid(encode(code_point, length)), expected);
    }
  }
}

// One character by the definition: its bits, encoded again, give the same bytes.
bool one_character(std::string_view text) {
  std::uint32_t code_point = 0;
  const auto first = static_cast<std::uint8_t>(text[0]);
  if (text.size() == 1) return first < 0x80;
  code_point = first & (0x7fU >> text.size());
  for (const char c : text.substr(1))
    code_point = code_point << 6 | (static_cast<std::uint8_t>(c) & 0x3f);
  return is_scalar_value(code_point) && length_of(code_point) == text.size() && encode(code_point, text.size()) == text;
}

// The length of the character in front, 0 when there is none. No character begins another, so the first fit is it.
std::size_t first_character(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (one_character(text.substr(0, length))) return length;
  }
  return 0;
}

bool valid_by_definition(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = first_character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

constexpr std::array<std::uint8_t, 24> kEdges = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
                                                 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
                                                 0xed, 0xee, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xff};

void test_all_runs_of_edge_bytes(void**) {
  std::string text(4, '\0');
  for (std::size_t n = 0; n < kEdges.size() * kEdges.size() * kEdges.size() * kEdges.size(); ++n) {
    std::size_t digits = n;
    for (char& c : text) {
      c = static_cast<char>(kEdges[digits % kEdges.size()]);
      digits /= kEdges.size();
    }
    assert_int_equal(valid(text), valid_by_definition(text));
  }
}

// ASCII is taken 64 bytes and a word at a time: every other byte must be seen at every place in them.
void test_a_bad_byte_anywhere(void**) {
  for (std::size_t size = 1; size < 140; ++size) {
    std::string good(size, '0');
    good[size / 2] = 'a';
    assert_true(valid(good));
    for (std::size_t at = 0; at < size; ++at) {
      for (const char bad : {'\x80', '\xff', '\xc3'}) {
        std::string text = good;
        text[at] = bad;
        assert_false(valid(text));
      }
    }
  }
}

void test_splits_do_not_matter(void**) {
  const std::vector<std::string> texts = {
      "plain ascii, longer than a word",
      "d\xc3\xa9j\xc3\xa0 vu",
      "\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf",
      "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
      "bad \xed\xa0\x80 surrogate",
      "bad \xc0\xaf overlong",
      "cut short \xf0\x9f\x98",
      "torn \xe2 a word \x82\xac",  // eight bytes of ASCII
  };
  for (const std::string& text : texts) {
    for (std::size_t first = 0; first <= text.size(); ++first) {
      for (std::size_t second = first; second <= text.size(); ++second) {
        Utf8Validator validator;
        const Bytes bytes = as_bytes(text);
        const bool fed = validator.feed(bytes.first(first)) && validator.feed(bytes.subspan(first, second - first)) &&
                         validator.feed(bytes.subspan(second));
        assert_int_equal(fed && validator.complete(), valid_by_definition(text));
      }
    }
  }
}

void test_half_a_character_is_not_complete(void**) {
  Utf8Validator validator;
  assert_true(validator.complete());
  assert_true(validator.feed(as_bytes("\xe2\x82")));
  assert_false(validator.complete());
  assert_true(validator.feed(as_bytes("\xac")));
  assert_true(validator.complete());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_code_point_in_every_length),
      cmocka_unit_test(test_all_runs_of_edge_bytes),
      cmocka_unit_test(test_a_bad_byte_anywhere),
      cmocka_unit_test(test_splits_do_not_matter),
      cmocka_unit_test(test_half_a_character_is_not_complete),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
