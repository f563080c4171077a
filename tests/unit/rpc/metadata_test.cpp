#include "mote/rpc/metadata.h"

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "bytes/byte_writer.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using rpc::Metadata;

// Packed entries in pieces, each in memory of exactly its size.
class Packed {
 public:
  explicit Packed(const std::vector<std::size_t>& rooms) {
    for (const std::size_t room : rooms) {
      memory_.emplace_back(room);
      pieces_.push_back({nullptr, memory_.back().data(), 0});
      if (pieces_.size() > 1) pieces_[pieces_.size() - 2].next = &pieces_.back();
    }
  }

  bool add(std::string_view name, std::string_view value, std::size_t piece = 0) {
    ByteWriter out(std::span(memory_.at(piece)).subspan(pieces_[piece].size));
    const bool packed = Metadata::pack(out, name, value);
    assert_int_equal(out.size(), packed ? Metadata::packed_size(name, value) : 0);
    assert_false(out.overflowed());
    pieces_[piece].size += out.size();
    return packed;
  }
  [[nodiscard]] Metadata metadata() const { return Metadata(&pieces_.front()); }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto [name, value] : metadata())
      all.append(name).append("=").append(value).append(";");
    return all;
  }

 private:
  std::deque<std::vector<std::uint8_t>> memory_;
  std::deque<mote_piece> pieces_;
};

void test_nothing_is_in_empty_metadata(void**) {
  const Metadata none;
  assert_true(none.empty());
  assert_true(none.begin() == Metadata::end());
  assert_false(none.find("a").has_value());
}

void test_entries_come_in_the_order_in_which_they_went(void**) {
  Packed packed({100});
  assert_true(packed.add("b", "1"));
  assert_true(packed.add("a-bin", "AAEC"));
  assert_true(packed.add("b", "2"));
  assert_true(packed.add("empty", ""));
  assert_false(packed.metadata().empty());
  assert_string_equal(packed.text().c_str(), "b=1;a-bin=AAEC;b=2;empty=;");
}

void test_entries_go_on_in_the_next_piece(void**) {
  Packed packed({20, 9, 100});
  assert_true(packed.add("a", "1", 0) && packed.add("b", "2", 0));
  assert_true(packed.add("name", "v", 1));
  assert_false(packed.add("n", "v", 1));
  assert_true(packed.add("", "", 2) && packed.add("z", "", 2));
  assert_string_equal(packed.text().c_str(), "a=1;b=2;name=v;=;z=;");
  assert_true(packed.metadata().find("z") == "");
}

void test_find_returns_the_first_entry_of_a_name(void**) {
  Packed packed({100});
  assert_true(packed.add("b", "1") && packed.add("bb", "3") && packed.add("b", "2") && packed.add("empty", ""));
  assert_true(packed.metadata().find("b") == "1");
  assert_true(packed.metadata().find("bb") == "3");
  assert_true(packed.metadata().find("empty") == "");
  assert_false(packed.metadata().find("").has_value());
  assert_false(packed.metadata().find("B").has_value());
}

void test_data_that_does_not_fit_is_not_written(void**) {
  Packed packed({4 + 2 + 4 + 4});
  assert_true(packed.add("n", "v"));
  assert_false(packed.add("nam", "va"));
  assert_string_equal(packed.text().c_str(), "n=v;");
  assert_true(packed.add("nam", "v"));
  assert_false(packed.add("", ""));
  assert_string_equal(packed.text().c_str(), "n=v;nam=v;");
}

void test_lengths_end_at_65535(void**) {
  Packed packed({200'000});
  const std::string most(65535, 'x');
  assert_false(packed.add(most + 'x', ""));
  assert_false(packed.add("a", most + 'x'));
  assert_true(packed.add(most, most));
  assert_true(packed.metadata().find(most) == most);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_is_in_empty_metadata),
      cmocka_unit_test(test_entries_come_in_the_order_in_which_they_went),
      cmocka_unit_test(test_entries_go_on_in_the_next_piece),
      cmocka_unit_test(test_find_returns_the_first_entry_of_a_name),
      cmocka_unit_test(test_data_that_does_not_fit_is_not_written),
      cmocka_unit_test(test_lengths_end_at_65535),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
