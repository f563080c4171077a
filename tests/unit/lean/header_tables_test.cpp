#include "engine/lean/header_tables.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "engine/lean/arena.h"
#include "support/cmocka_test.h"

namespace {

using mote::MutableBytes;
using mote::lean::Arena;
using mote::lean::HeaderTables;

constexpr std::size_t kSmall = HeaderTables::kSmallBytes;
constexpr std::size_t kReserve = HeaderTables::kReserveBytes;

// Tables of `connections` connections on a machine that takes `kernel_pages` of this one's pages for one.
class Tables {
 public:
  explicit Tables(std::size_t connections, std::size_t kernel_pages = 1)
      : arena_(connections * (kReserve + kSmall) + kSlack),
        reserves_(arena_.take(connections * kReserve)),
        pages_(connections),
        tables_({.reserves = reserves_,
                 .small = arena_.take(connections * kSmall),
                 .pages = pages_,
                 .page_bytes = kernel_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))}) {}

  HeaderTables* operator->() { return &tables_; }

  // As a table does that has moved there.
  void use_reserve(std::size_t index) { std::ranges::fill(reserves_.subspan(index * kReserve, kReserve), kUsed); }
  // The kernel has taken the page back: it comes again as zeros.
  [[nodiscard]] bool released(std::size_t index) const {
    return std::ranges::all_of(reserves_.subspan(index * kReserve, kReserve),
                               [](std::uint8_t byte) { return byte == 0; });
  }

 private:
  static constexpr std::size_t kSlack = 256;
  static constexpr std::uint8_t kUsed = 0xff;

  Arena arena_;
  MutableBytes reserves_;
  std::vector<HeaderTables::Page> pages_;
  HeaderTables tables_;
};

// A page of memory holds one reserve here, or the tests below are about pages that do not exist.
bool pages_are_small() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) == kReserve;
}

void test_parts_of_each_connection(void**) {
  Tables tables(3);
  std::vector<MutableBytes> all;
  for (std::size_t index = 0; index < 3; ++index) {
    const HeaderTables::Parts parts = tables->open(index);
    assert_int_equal(parts.table.size(), 768);
    assert_int_equal(parts.reserve.size(), 4096);
    all.push_back(parts.table);
    all.push_back(parts.reserve);
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    std::ranges::fill(all[i], static_cast<std::uint8_t>(i + 1));
  for (std::size_t i = 0; i < all.size(); ++i)
    assert_true(std::ranges::all_of(all[i], [i](std::uint8_t byte) { return byte == i + 1; }));
  assert_ptr_equal(tables->open(1).table.data(), all[2].data());
}

void test_a_used_reserve_returns_to_the_kernel(void**) {
  if (!pages_are_small()) return skip();
  Tables tables(2);
  for (const std::size_t index : {0U, 1U}) {
    tables->open(index);
    tables.use_reserve(index);
  }
  tables->close(0, true);
  tables->open(0);
  assert_true(tables.released(0));
  assert_false(tables.released(1));
}

// A page that was not used is not returned to the kernel, which bytes written without the class's knowledge show.
void test_an_unused_reserve_is_not_touched(void**) {
  if (!pages_are_small()) return skip();
  Tables tables(1);
  tables->open(0);
  tables.use_reserve(0);
  tables->close(0, false);
  tables->open(0);
  assert_false(tables.released(0));
}

// A page that is back with the kernel is not returned again until a reserve in it was used.
void test_a_reserve_returns_once(void**) {
  if (!pages_are_small()) return skip();
  Tables tables(1);
  tables->open(0);
  tables->close(0, true);
  tables->open(0);
  tables.use_reserve(0);
  tables->close(0, false);
  tables->open(0);
  assert_false(tables.released(0));
}

// As on a Raspberry Pi 5, whose pages have 16 KiB.
void test_reserves_that_share_a_page(void**) {
  if (!pages_are_small()) return skip();
  Tables tables(6, 4);
  for (std::size_t index = 0; index < 6; ++index)
    tables->open(index);
  for (std::size_t index = 0; index < 6; ++index)
    tables.use_reserve(index);
  tables->close(0, true);
  tables->close(1, false);
  tables->close(3, false);
  tables->open(0);
  assert_false(tables.released(0));
  assert_false(tables.released(2));
  tables->close(0, false);
  tables->close(2, false);
  for (std::size_t index = 0; index < 4; ++index) {
    tables->open(index);
    assert_true(tables.released(index));
  }
  assert_false(tables.released(4));
}

// The last page is not theirs alone.
void test_a_page_with_other_data_is_kept(void**) {
  if (!pages_are_small()) return skip();
  Tables tables(6, 4);
  for (const std::size_t index : {4U, 5U}) {
    tables->open(index);
    tables.use_reserve(index);
  }
  for (const std::size_t index : {4U, 5U})
    tables->close(index, true);
  tables->open(4);
  assert_false(tables.released(4));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_parts_of_each_connection),
      cmocka_unit_test(test_a_used_reserve_returns_to_the_kernel),
      cmocka_unit_test(test_an_unused_reserve_is_not_touched),
      cmocka_unit_test(test_a_reserve_returns_once),
      cmocka_unit_test(test_reserves_that_share_a_page),
      cmocka_unit_test(test_a_page_with_other_data_is_kept),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
