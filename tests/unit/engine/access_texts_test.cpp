#include "engine/access_texts.h"

#include <vector>

#include "support/cmocka_test.h"

namespace {

using mote::engine::AccessPart;
using mote::engine::AccessSizes;
using mote::engine::AccessTexts;
using mote::engine::pack;
using mote::engine::sizes_of;
using mote::engine::take_line;
using mote::engine::unpack;

void test_texts_survive_in_a_buffer_of_their_size(void**) {
  AccessTexts texts;
  texts.parts = {"certificate", "key", "", "1.3", "a\nb\n", "a 00\n", "b\n", "", "a /b.C/*\n"};
  const AccessSizes sizes = sizes_of(texts);
  std::vector<std::uint8_t> buffer(sizes.total(), 0xff);
  pack(texts, buffer);
  const AccessTexts read = unpack(sizes, buffer);
  assert_true(read.parts == texts.parts);
  assert_true(read[AccessPart::Rules] == "a /b.C/*\n");
  for (const std::string_view text : read.parts)
    assert_int_equal(*text.end(), 0);
}

void test_lines(void**) {
  std::string_view lines = "one\n\nlast";
  assert_true(take_line(lines) == "one");
  assert_true(take_line(lines).empty());
  assert_true(take_line(lines) == "last");
  assert_true(lines.empty());
  assert_true(take_line(lines).empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_texts_survive_in_a_buffer_of_their_size),
      cmocka_unit_test(test_lines),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
