#include "bytes/text_pool.h"

#include "support/cmocka_test.h"

namespace {

using mote::TextPlace;
using mote::TextPool;

struct Made {
  TextPlace first, second, again, part, nothing;
  TextPool pool;
};

constexpr Made kMade = [] {
  Made made;
  made.first = made.pool.add("max-streams");
  made.second = made.pool.add("none");
  made.again = made.pool.add("max-streams");
  made.part = made.pool.add("max");
  made.nothing = made.pool.add("");
  return made;
}();
constexpr auto kTexts = kMade.pool.exact<kMade.pool.all().size()>();

std::string_view at(TextPlace place) {
  return place.in({kTexts.data(), kTexts.size()});
}

void each_text_is_at_its_place(void**) {
  assert_true(at(kMade.first) == "max-streams");
  assert_true(at(kMade.second) == "none");
  assert_true(at(kMade.part) == "max");
  assert_true(at(kMade.nothing).empty());
}

void equal_texts_have_one_place(void**) {
  assert_int_equal(kMade.again.begin, kMade.first.begin);
  assert_int_equal(kTexts.size(), 11 + 4 + 3);
}

using Names = mote::TextTable<[] {
  mote::NumberedTexts<3> names;
  names.set(2, "debug");
  names.set(0, "error");
  names.set(1, "debug");
  return names;
}>;

void texts_by_number_end_with_a_zero_byte(void**) {
  assert_true(Names::at(0) == "error");
  for (const std::size_t number : {1U, 2U}) {
    assert_true(Names::at(number) == "debug");
    assert_string_equal(Names::at(number).data(), "debug");
  }
  assert_string_equal(Names::at(0).data(), "error");
  assert_ptr_equal(Names::at(1).data(), Names::at(2).data());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_text_is_at_its_place),
      cmocka_unit_test(equal_texts_have_one_place),
      cmocka_unit_test(texts_by_number_end_with_a_zero_byte),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
