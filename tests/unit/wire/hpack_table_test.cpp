#include "wire/hpack_table.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hpack_feed.h"
#include "support/seed.h"

using mote::test::Field;
using mote::test::pick;
using mote::test::table_content;
using mote::wire::HeaderField;
using mote::wire::HpackTable;
using mote::wire::MutableBytes;

namespace {

void starts_empty(void**) {
  std::vector<std::uint8_t> storage(100);
  const HpackTable table(storage);
  assert_int_equal(table.size(), 0);
  assert_int_equal(table.entry_count(), 0);
  assert_int_equal(table.max_size(), 100);
  HeaderField field;
  assert_false(table.find(0, field));
}

void finds_the_newest_first(void**) {
  std::vector<std::uint8_t> storage(4096);
  HpackTable table(storage);
  table.insert("a", "1");
  table.insert("bb", "");
  table.insert("", "333");
  const std::vector<Field> expected = {{"", "333"}, {"bb", ""}, {"a", "1"}};
  assert_true(table_content(table) == expected);
  assert_int_equal(table.size(), 34 + 34 + 35);
  assert_int_equal(table.entry_count(), 3);
}

void evicts_the_oldest(void**) {
  std::vector<std::uint8_t> storage(70);
  HpackTable table(storage);
  table.insert("a", "1");
  table.insert("b", "22");  // 34 + 35 = 69: both fit
  assert_int_equal(table.entry_count(), 2);
  table.insert("c", "33");  // 35 + 35 = 70: the oldest goes
  const std::vector<Field> expected = {{"c", "33"}, {"b", "22"}};
  assert_true(table_content(table) == expected);
  assert_int_equal(table.size(), 70);
}

void an_entry_of_exactly_the_table_fits(void**) {
  std::vector<std::uint8_t> storage(64);
  HpackTable table(storage);
  table.insert("k", "v");
  const std::string value(64 - 32 - 4, 'v');
  table.insert("name", value);
  const std::vector<Field> expected = {{"name", value}};
  assert_true(table_content(table) == expected);
  assert_int_equal(table.size(), 64);
}

// RFC 7541 4.4.
void an_entry_larger_than_the_table_empties_it(void**) {
  std::vector<std::uint8_t> storage(64);
  HpackTable table(storage);
  table.insert("k", "v");
  table.insert("name", std::string(64 - 32 - 4 + 1, 'v'));
  assert_int_equal(table.entry_count(), 0);
  assert_int_equal(table.size(), 0);
  table.insert("k", "v");
  assert_int_equal(table.entry_count(), 1);
}

void a_table_without_storage_holds_nothing(void**) {
  HpackTable table((MutableBytes()));
  assert_int_equal(table.max_size(), 0);
  table.insert("", "");
  table.set_max_size(4096);
  table.insert("", "");
  assert_int_equal(table.max_size(), 0);
  assert_int_equal(table.entry_count(), 0);
}

void never_grows_past_what_its_lengths_can_say(void**) {
  std::vector<std::uint8_t> storage(100000);
  HpackTable table(storage);
  assert_int_equal(table.max_size(), HpackTable::kMaxSize);
  const std::string value(HpackTable::kMaxSize - 32, 'v');
  table.insert("", value);
  const std::vector<Field> expected = {{"", value}};
  assert_true(table_content(table) == expected);
  table.insert("n", value);
  assert_int_equal(table.entry_count(), 0);
}

void shrinks_and_grows(void**) {
  std::vector<std::uint8_t> storage(200);
  HpackTable table(storage);
  for (const char* name : {"a", "b", "c"})
    table.insert(name, "1");
  table.set_max_size(68);
  const std::vector<Field> two = {{"c", "1"}, {"b", "1"}};
  assert_true(table_content(table) == two);
  table.set_max_size(67);
  assert_int_equal(table.entry_count(), 1);
  table.set_max_size(200);
  assert_int_equal(table.entry_count(), 1);
  table.set_max_size(0);
  assert_int_equal(table.entry_count(), 0);
  assert_int_equal(table.max_size(), 0);
}

void clears(void**) {
  std::vector<std::uint8_t> storage(200);
  HpackTable table(storage);
  table.insert("a", "1");
  table.clear();
  assert_int_equal(table.entry_count(), 0);
  assert_int_equal(table.max_size(), 200);
}

void moves_to_other_storage(void**) {
  std::vector<std::uint8_t> large(4096);
  std::vector<std::uint8_t> small(70);
  HpackTable table(large);
  table.set_max_size(70);
  for (const char* name : {"a", "b", "c"})
    table.insert(name, "1");
  const auto content = table_content(table);
  const auto generation = table.generation();

  table.move_to(small);
  std::ranges::fill(large, std::uint8_t{0});
  assert_true(table_content(table) == content);
  assert_int_equal(table.max_size(), 70);
  assert_int_equal(table.generation(), generation);

  table.move_to(large);
  std::ranges::fill(small, std::uint8_t{0});
  assert_true(table_content(table) == content);
}

void moves_within_overlapping_storage(void**) {
  std::vector<std::uint8_t> storage(4096);
  HpackTable table(MutableBytes(storage).subspan(0, 2048));
  for (const char* name : {"a", "b", "c"})
    table.insert(name, "1");
  const auto content = table_content(table);
  table.set_max_size(1024);
  table.move_to(MutableBytes(storage).subspan(8, 1024));
  assert_true(table_content(table) == content);
}

void storage_too_small_to_move_to_evicts(void**) {
  std::vector<std::uint8_t> large(4096);
  std::vector<std::uint8_t> small(40);
  HpackTable table(large);
  table.insert("a", "1");
  table.insert("b", "2");
  table.move_to(small);
  const std::vector<Field> expected = {{"b", "2"}};
  assert_true(table_content(table) == expected);
  assert_int_equal(table.max_size(), 40);
}

void generation_tells_of_every_change(void**) {
  std::vector<std::uint8_t> storage(100);
  HpackTable table(storage);
  auto last = table.generation();
  const auto changed = [&] { return std::exchange(last, table.generation()) != last; };

  table.insert("a", "1");
  assert_true(changed());
  table.set_max_size(100);
  assert_false(changed());
  table.set_max_size(99);
  assert_true(changed());
  table.insert("larger", std::string(100, 'x'));
  assert_true(changed());
  table.insert("larger", std::string(100, 'x'));
  assert_false(changed());
  table.insert("a", "1");
  assert_true(changed());
  table.clear();
  assert_true(changed());
  HeaderField field;
  assert_false(table.find(0, field));
  assert_false(changed());
}

// What RFC 7541 4 says, without any storage.
class ModelTable {
 public:
  explicit ModelTable(std::size_t max_size) : max_size_(max_size) {}
  [[nodiscard]] std::vector<Field> content() const { return {entries_.begin(), entries_.end()}; }
  [[nodiscard]] std::size_t size() const {
    std::size_t size = 0;
    for (const Field& entry : entries_)
      size += entry.name.size() + entry.value.size() + 32;
    return size;
  }
  void insert(const Field& field) {
    entries_.push_front(field);
    evict();
  }
  void set_max_size(std::size_t max_size) {
    max_size_ = max_size;
    evict();
  }

 private:
  void evict() {
    while (size() > max_size_)
      entries_.pop_back();
  }

  std::deque<Field> entries_;
  std::size_t max_size_;
};

std::string random_text(std::mt19937& random, std::size_t most) {
  std::string text(pick(random, most), ' ');
  for (char& c : text)
    c = static_cast<char>(pick(random, 255));
  return text;
}

// Storage is never larger than max_size() was when it was given, so every byte of it is fought for.
void agrees_with_a_model(void**) {
  std::mt19937 random = mote::test::seeded_random();
  for (int round = 0; round < 300; ++round) {
    const std::size_t capacity = pick(random, 300);
    std::vector<std::uint8_t> storage(capacity);
    HpackTable table(storage);
    ModelTable model(capacity);
    for (int step = 0; step < 200; ++step) {
      switch (pick(random, 9)) {
        case 0: {
          const std::size_t max_size = pick(random, storage.size());
          table.set_max_size(max_size);
          model.set_max_size(max_size);
          break;
        }
        case 1: {
          std::vector<std::uint8_t> other(table.max_size() + pick(random, 1) * (capacity - table.max_size()));
          table.move_to(other);
          storage.swap(other);
          break;
        }
        default: {
          const Field field = {random_text(random, 20), random_text(random, 40)};
          table.insert(field.name, field.value);
          model.insert(field);
        }
      }
      assert_true(table_content(table) == model.content());
      assert_int_equal(table.size(), model.size());
      assert_int_equal(table.entry_count(), model.content().size());
    }
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(starts_empty),
      cmocka_unit_test(finds_the_newest_first),
      cmocka_unit_test(evicts_the_oldest),
      cmocka_unit_test(an_entry_of_exactly_the_table_fits),
      cmocka_unit_test(an_entry_larger_than_the_table_empties_it),
      cmocka_unit_test(a_table_without_storage_holds_nothing),
      cmocka_unit_test(never_grows_past_what_its_lengths_can_say),
      cmocka_unit_test(shrinks_and_grows),
      cmocka_unit_test(clears),
      cmocka_unit_test(moves_to_other_storage),
      cmocka_unit_test(moves_within_overlapping_storage),
      cmocka_unit_test(storage_too_small_to_move_to_evicts),
      cmocka_unit_test(generation_tells_of_every_change),
      cmocka_unit_test(agrees_with_a_model),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
