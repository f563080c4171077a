#include "rpc/metadata.h"

#include <string>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using namespace mote;
using rpc::Metadata;

// Packed entries in memory of exactly their size.
struct Packed {
  explicit Packed(std::size_t room) : bytes(room), out(bytes) {}

  bool add(std::string_view name, std::string_view value) { return Metadata::pack(out, name, value); }
  [[nodiscard]] Metadata metadata() const { return Metadata(out.written()); }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto [name, value] : metadata())
      all.append(name).append("=").append(value).append(";");
    return all;
  }

  std::vector<std::uint8_t> bytes;
  wire::ByteWriter out;
};

void test_nothing_is_in_empty_metadata(void**) {
  const Metadata none;
  assert_true(none.empty());
  assert_true(none.begin() == Metadata::end());
  assert_false(none.find("a").has_value());
}

void test_entries_come_in_the_order_in_which_they_went(void**) {
  Packed packed(100);
  assert_true(packed.add("b", "1"));
  assert_true(packed.add("a-bin", "AAEC"));
  assert_true(packed.add("b", "2"));
  assert_true(packed.add("empty", ""));
  assert_false(packed.metadata().empty());
  assert_string_equal(packed.text().c_str(), "b=1;a-bin=AAEC;b=2;empty=;");
}

void test_find_gives_the_first_of_a_name(void**) {
  Packed packed(100);
  assert_true(packed.add("b", "1") && packed.add("bb", "3") && packed.add("b", "2") && packed.add("empty", ""));
  assert_true(packed.metadata().find("b") == "1");
  assert_true(packed.metadata().find("bb") == "3");
  assert_true(packed.metadata().find("empty") == "");
  assert_false(packed.metadata().find("").has_value());
  assert_false(packed.metadata().find("B").has_value());
}

void test_what_does_not_fit_is_not_written(void**) {
  Packed packed(4 + 2 + 4 + 4);
  assert_true(packed.add("n", "v"));
  assert_false(packed.add("nam", "va"));
  assert_string_equal(packed.text().c_str(), "n=v;");
  assert_true(packed.add("nam", "v"));
  assert_false(packed.add("", ""));
  assert_false(packed.out.overflowed());
  assert_string_equal(packed.text().c_str(), "n=v;nam=v;");
}

void test_lengths_end_at_65535(void**) {
  Packed packed(200'000);
  const std::string most(65535, 'x');
  assert_false(packed.add(most + 'x', ""));
  assert_false(packed.add("a", most + 'x'));
  assert_int_equal(packed.out.size(), 0);
  assert_true(packed.add(most, most));
  assert_true(packed.metadata().find(most) == most);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_is_in_empty_metadata),
      cmocka_unit_test(test_entries_come_in_the_order_in_which_they_went),
      cmocka_unit_test(test_find_gives_the_first_of_a_name),
      cmocka_unit_test(test_what_does_not_fit_is_not_written),
      cmocka_unit_test(test_lengths_end_at_65535),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
