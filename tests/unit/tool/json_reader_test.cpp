#include "mote-device/json_reader.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::tool::JsonReader;

void append(void* context, std::uint8_t byte) {
  *static_cast<std::string*>(context) += static_cast<char>(byte);
}

// The value of a string, or "?" if it is malformed.
std::string value_of(std::string_view json) {
  std::string value;
  return JsonReader(json).take_string(append, &value) ? value : "?";
}

void test_marks_and_words(void**) {
  JsonReader reader(" { -1.5e+3\t: true ,\r\n null } ");
  assert_true(reader.take('{'));
  assert_false(reader.take('}'));
  assert_true(reader.take_word() == "-1.5e+3");
  assert_true(reader.take(':'));
  assert_true(reader.take_word() == "true");
  assert_true(reader.take(','));
  assert_int_equal(reader.peek(), 'n');
  assert_true(reader.take_word() == "null");
  assert_true(reader.take_word().empty());
  assert_true(reader.take('}'));
  assert_int_equal(reader.peek(), 0);
  assert_false(reader.take('}'));
}

void test_strings(void**) {
  assert_string_equal(value_of(R"("")").c_str(), "");
  assert_string_equal(value_of(R"(  "a b")").c_str(), "a b");
  assert_string_equal(value_of(R"("\"\\\/\b\f\n\r\t")").c_str(), "\"\\/\b\f\n\r\t");
  assert_string_equal(value_of(R"("\u0041\u00e9\u20AC\ud83d\ude00")").c_str(), "A\u00e9\u20ac\U0001f600");
  assert_int_equal(value_of(R"("\u0000")").size(), 1);
}

void test_malformed_strings(void**) {
  for (const char* const text : {"", "a", "\"", "\"a", "\"\\", "\"\\\"", R"("\x")", R"("\u12")", R"("\u12g4")",
                                 R"("\ud800")", R"("\ud800\n")", R"("\ud800\u0041")", R"("\udc00")", "\"\n\"", "'a'"}) {
    assert_string_equal(value_of(text).c_str(), "?");
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_marks_and_words),
      cmocka_unit_test(test_strings),
      cmocka_unit_test(test_malformed_strings),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
