#include "hpack/dynamic_table.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hpack_feed.h"
#include "support/seed.h"

using mote::MutableBytes;
using mote::hpack::DynamicTable;
using mote::hpack::HeaderField;
using mote::test::Field;
using mote::test::pick;
using mote::test::table_content;

namespace {

void starts_empty(void**) {
  std::vector<std::uint8_t> storage(100);
  const DynamicTable table(storage);
  assert_int_equal(table.size(), 0);
  assert_int_equal(table.entry_count(), 0);
  assert_int_equal(table.max_size(), 100);
  HeaderField field;
  assert_false(table.find(0, field));
}

void finds_the_newest_first(void**) {
  std::vector<std::uint8_t> storage(4096);
  DynamicTable table(storage);
  table.insert("a", "1");
  table.insert("bb", "");
  table.insert("", "333");
  const std::vector<Field> expected = {{"", "333"}, {"bb", ""}, {"a", "1"}};
  assert_true(table_content(table) == expected);
  assert_int_equal(table.size(), 34 + 34 + 35);
  assert_int_equal(table.entry_count(), 3);
}

// A lookup takes the same time for each index: it reads the places of the entry and of the next one, and the entry. Every other
// byte of the storage is overwritten here; a search that walks over other entries would find nonsense.
void a_lookup_reads_its_own_entry_only(void**) {
  constexpr std::size_t kEntries = 50;
  std::vector<std::uint8_t> storage(4096);
  DynamicTable table(storage);
  for (std::size_t i = 0; i < kEntries; ++i)
    table.insert("name-" + std::to_string(i), "value-" + std::to_string(i));
  const std::vector<std::uint8_t> intact = storage;
  const auto slot_at = [&](std::size_t slot) { return storage.size() - 2 * (slot + 1); };
  const auto place = [&](std::size_t slot) {
    return static_cast<std::size_t>(intact[slot_at(slot)] << 8 | intact[slot_at(slot) + 1]);
  };
  for (std::size_t index = 0; index < kEntries; ++index) {
    const std::size_t slot = kEntries - 1 - index;
    const std::string name = "name-" + std::to_string(slot);
    const std::string value = "value-" + std::to_string(slot);
    std::fill(storage.begin(), storage.end(), std::uint8_t{0xff});
    const auto keep = [&](std::size_t at, std::size_t size) {
      std::copy_n(intact.begin() + static_cast<std::ptrdiff_t>(at), size,
                  storage.begin() + static_cast<std::ptrdiff_t>(at));
    };
    keep(slot_at(slot), 2);
    if (index != 0) keep(slot_at(slot + 1), 2);
    keep(place(slot), 2 + name.size() + value.size());
    HeaderField field;
    assert_true(table.find(index, field));
    assert_true(field.name == name);
    assert_true(field.value == value);
  }
}

void evicts_the_oldest(void**) {
  std::vector<std::uint8_t> storage(70);
  DynamicTable table(storage);
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
  DynamicTable table(storage);
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
  DynamicTable table(storage);
  table.insert("k", "v");
  table.insert("name", std::string(64 - 32 - 4 + 1, 'v'));
  assert_int_equal(table.entry_count(), 0);
  assert_int_equal(table.size(), 0);
  table.insert("k", "v");
  assert_int_equal(table.entry_count(), 1);
}

void a_table_without_storage_holds_nothing(void**) {
  DynamicTable table((MutableBytes()));
  assert_int_equal(table.max_size(), 0);
  table.insert("", "");
  table.set_max_size(4096);
  table.insert("", "");
  assert_int_equal(table.max_size(), 0);
  assert_int_equal(table.entry_count(), 0);
}

void never_grows_beyond_the_range_of_its_lengths(void**) {
  std::vector<std::uint8_t> storage(100000);
  DynamicTable table(storage);
  assert_int_equal(table.max_size(), DynamicTable::kMaxSize);
  const std::string value(DynamicTable::kMaxSize - 32, 'v');
  table.insert("", value);
  const std::vector<Field> expected = {{"", value}};
  assert_true(table_content(table) == expected);
  table.insert("n", value);
  assert_int_equal(table.entry_count(), 0);
}

void shrinks_and_grows(void**) {
  std::vector<std::uint8_t> storage(200);
  DynamicTable table(storage);
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
  DynamicTable table(storage);
  table.insert("a", "1");
  table.clear();
  assert_int_equal(table.entry_count(), 0);
  assert_int_equal(table.max_size(), 200);
}

// --- Storage in two parts ---

// Bytes of storage that the table must not touch have this value.
constexpr std::uint8_t kUntouched = 0xcc;

void stays_in_the_small_part_while_it_fits(void**) {
  std::vector<std::uint8_t> small(60, kUntouched);
  std::vector<std::uint8_t> reserve(4096, kUntouched);
  DynamicTable table(small, reserve);
  assert_int_equal(table.max_size(), 4096);
  for (const char* name : {"a", "b", "c", "d", "e"})
    table.insert(name, "1234567");  // 12 bytes of storage each.
  assert_int_equal(table.entry_count(), 5);
  assert_false(table.in_reserve());
  assert_true(std::ranges::all_of(reserve, [](std::uint8_t byte) { return byte == kUntouched; }));
}

void moves_to_the_reserve_once(void**) {
  std::vector<std::uint8_t> small(60, kUntouched);
  std::vector<std::uint8_t> reserve(4096, kUntouched);
  DynamicTable table(small, reserve);
  for (const char* name : {"a", "b", "c", "d", "e"})
    table.insert(name, "1234567");
  std::vector<Field> content = table_content(table);
  table.insert("f", "");
  assert_true(table.in_reserve());
  content.insert(content.begin(), {"f", ""});
  std::ranges::fill(small, std::uint8_t{0});
  assert_true(table_content(table) == content);

  table.clear();
  table.insert("a", "1");
  assert_true(table.in_reserve());
  assert_true(std::ranges::all_of(small, [](std::uint8_t byte) { return byte == 0; }));
  const std::vector<Field> one = {{"a", "1"}};
  assert_true(table_content(table) == one);
}

void makes_room_in_the_small_part_before_it_moves(void**) {
  std::vector<std::uint8_t> small(40);
  std::vector<std::uint8_t> reserve(4096);
  DynamicTable table(small, reserve);
  table.set_max_size(2 * (32 + 8));
  for (int i = 0; i < 1000; ++i)
    table.insert("name", "value" + std::string(1, static_cast<char>('a' + i % 26)));
  assert_int_equal(table.entry_count(), 1);
  assert_false(table.in_reserve());
}

void an_entry_larger_than_the_small_part(void**) {
  std::vector<std::uint8_t> small(40);
  std::vector<std::uint8_t> reserve(4096);
  DynamicTable table(small, reserve);
  const std::string value(4096 - 32 - 1, 'v');
  table.insert("n", value);
  const std::vector<Field> expected = {{"n", value}};
  assert_true(table_content(table) == expected);
}

void a_reserve_that_is_not_larger_is_not_used(void**) {
  std::vector<std::uint8_t> storage(70);
  std::vector<std::uint8_t> reserve(70, kUntouched);
  DynamicTable table(storage, reserve);
  for (const char* name : {"a", "b", "c", "d"})
    table.insert(name, "1");
  assert_int_equal(table.entry_count(), 2);
  assert_false(table.in_reserve());
  assert_true(std::ranges::all_of(reserve, [](std::uint8_t byte) { return byte == kUntouched; }));
}

// What is written to the spare bytes stays until an entry comes, and no entry is hurt by it.
void spare_storage(void**) {
  std::vector<std::uint8_t> storage(100);
  DynamicTable table(storage);
  table.insert("a", "1");
  table.insert("b", "2");
  table.insert("c", "3");  // Evicts the first.
  const auto content = table_content(table);
  const MutableBytes spare = table.spare(85);
  assert_int_equal(spare.size(), 100 - 2 * 6);
  std::ranges::fill(spare, std::uint8_t{0xff});
  assert_true(table_content(table) == content);
  const MutableBytes again = table.spare(1000);
  assert_ptr_equal(again.data(), spare.data());
  assert_true(std::ranges::all_of(again, [](std::uint8_t byte) { return byte == 0xff; }));
}

void the_generation_changes_with_every_change(void**) {
  std::vector<std::uint8_t> storage(100);
  DynamicTable table(storage);
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
  // Each of these evicts others and is evicted.
  for (const char* name : {"b", "c", "d"}) {
    table.insert(name, std::string(20, 'x'));
    assert_true(changed());
  }
  table.clear();
  assert_true(changed());
  HeaderField field;
  assert_false(table.find(0, field));
  assert_false(changed());
}

// A model of RFC 7541 4.
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

// Every byte of the storage is fought for, and the spare ones are written to.
void agrees_with_a_model(void**) {
  std::mt19937 random = mote::test::seeded_random();
  for (int round = 0; round < 300; ++round) {
    const std::size_t capacity = pick(random, 300);
    const std::size_t small_bytes = pick(random, 1) == 0 ? 0 : pick(random, capacity);
    std::vector<std::uint8_t> small(small_bytes);
    std::vector<std::uint8_t> storage(capacity);
    DynamicTable table(small, storage);
    ModelTable model(capacity);
    for (int step = 0; step < 200; ++step) {
      switch (pick(random, 9)) {
        case 0: {
          const std::size_t max_size = pick(random, capacity);
          table.set_max_size(max_size);
          model.set_max_size(max_size);
          break;
        }
        case 1:
          std::ranges::fill(table.spare(pick(random, 300)), std::uint8_t{0xff});
          break;
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
      cmocka_unit_test(a_lookup_reads_its_own_entry_only),
      cmocka_unit_test(evicts_the_oldest),
      cmocka_unit_test(an_entry_of_exactly_the_table_fits),
      cmocka_unit_test(an_entry_larger_than_the_table_empties_it),
      cmocka_unit_test(a_table_without_storage_holds_nothing),
      cmocka_unit_test(never_grows_beyond_the_range_of_its_lengths),
      cmocka_unit_test(shrinks_and_grows),
      cmocka_unit_test(clears),
      cmocka_unit_test(stays_in_the_small_part_while_it_fits),
      cmocka_unit_test(moves_to_the_reserve_once),
      cmocka_unit_test(makes_room_in_the_small_part_before_it_moves),
      cmocka_unit_test(an_entry_larger_than_the_small_part),
      cmocka_unit_test(a_reserve_that_is_not_larger_is_not_used),
      cmocka_unit_test(spare_storage),
      cmocka_unit_test(the_generation_changes_with_every_change),
      cmocka_unit_test(agrees_with_a_model),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
