#include "http2/field_characters.h"

#include <string>

#include "http2/field_rules.h"
#include "support/cmocka_test.h"

using namespace mote::hpack;
using namespace mote::http2;

namespace {

// The gateway's rules, which look characters up in a table.
bool accepted(std::string_view name, std::string_view value) {
  FieldRules rules;
  rules.begin(SectionKind::Trailers);
  HeaderField field{name, value};
  const bool accepted = rules.accept(field);
  assert_true(!accepted || field.value == trimmed(value));
  return accepted;
}

void every_character_at_every_place(void**) {
  for (unsigned c = 0; c < 256; ++c) {
    const bool in_name = c > 0x20 && c < 0x7f && c != ':' && (c < 'A' || c > 'Z');
    for (std::size_t at = 0; at < 3; ++at) {
      std::string text = "xyz";
      text[at] = static_cast<char>(c);
      assert_int_equal(name_allowed(text), in_name);
      assert_int_equal(accepted(text, "1"), in_name);
      const bool blank_at_an_end = at != 1 && (c == ' ' || c == '\t');
      const bool in_value = c != 0 && c != '\r' && c != '\n' && !blank_at_an_end;
      assert_int_equal(value_allowed(text), in_value);
      const bool readable = c != 0 && c != '\r' && c != '\n';
      assert_int_equal(value_readable(text), readable);
      assert_int_equal(accepted("x", text), readable);
    }
  }
}

void empty_text(void**) {
  assert_false(name_allowed(""));
  assert_true(value_allowed(""));
  assert_true(value_readable(""));
  assert_true(trimmed("").empty());
}

void spaces_and_tabs_at_the_ends_are_trimmed(void**) {
  for (std::string_view text : {"v", " v", "v ", "\tv", "v\t", " \t v \t "})
    assert_true(trimmed(text) == "v");
  for (std::string_view text : {" ", "\t", "  ", " \t "})
    assert_true(trimmed(text).empty());
  assert_true(trimmed(" a \t b ") == "a \t b");
  for (std::string_view text : {"\nv\n", "\rv\r", "\vv\v", "\fv\f", "\xa0v\xa0"})
    assert_true(trimmed(text) == text);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_character_at_every_place),
      cmocka_unit_test(empty_text),
      cmocka_unit_test(spaces_and_tabs_at_the_ends_are_trimmed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
