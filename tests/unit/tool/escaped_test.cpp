#include "mote-device/escaped.h"

#include <string>

#include "support/captured.h"
#include "support/cmocka_test.h"

namespace {

using mote::test::captured;

std::string line(std::string_view text) {
  return captured([text](std::FILE* out) { mote::tool::put_line_text(text, out); });
}

std::string xml(std::string_view text) {
  return captured([text](std::FILE* out) { mote::tool::put_xml_text(text, out); });
}

std::string json(std::string_view text) {
  return captured([text](std::FILE* out) { mote::tool::put_json_string(text, out); });
}

void test_plain_text_is_unchanged(void**) {
  for (const char* text : {"", "hello", "Grüße aus 日本 🙂", "¡\u00a0é"}) {
    assert_string_equal(line(text).c_str(), text);
    assert_string_equal(xml(text).c_str(), text);
    assert_string_equal(json(text).c_str(), ("\"" + std::string(text) + "\"").c_str());
  }
}

void test_terminals_get_no_control_characters(void**) {
  assert_string_equal(line("a\x1b[31mb\r\n\tc\x7f").c_str(), "a?[31mb???c?");
  // CSI of C1, which is 0x9b, in UTF-8 and alone.
  assert_string_equal(line("a\u009b31m").c_str(), "a?31m");
  assert_string_equal(line("a\x9b"
                           "31m")
                          .c_str(),
                      "a?31m");
  assert_string_equal(line("\u0080\u009f").c_str(), "??");
}

void test_what_is_not_utf8(void**) {
  for (const char* text : {"a\xff", "a\xc3", "a\xc2"}) {
    assert_string_equal(line(text).c_str(), "a?");
    assert_string_equal(xml(text).c_str(), "a?");
    assert_string_equal(json(text).c_str(), "\"a?\"");
    assert_false(mote::tool::is_utf8(text));
  }
  assert_string_equal(line("é\xff").c_str(), "???");
}

void test_xml(void**) {
  assert_string_equal(xml("<a b=\"c\">&\x01").c_str(), "&lt;a b=&quot;c&quot;&gt;&amp;?");
}

void test_json(void**) {
  assert_string_equal(json("a\"b\\c\n\x1f\x7f").c_str(), "\"a\\\"b\\\\c\\u000a\\u001f\\u007f\"");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_text_is_unchanged),
      cmocka_unit_test(test_terminals_get_no_control_characters),
      cmocka_unit_test(test_what_is_not_utf8),
      cmocka_unit_test(test_xml),
      cmocka_unit_test(test_json),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
