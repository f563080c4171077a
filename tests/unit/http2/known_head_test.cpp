#include "http2/server/known_head.h"

#include <array>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using mote::Bytes;
using mote::hpack::DynamicTable;
using mote::http2::FieldRules;
using mote::http2::HeaderBlock;
using mote::http2::KnownHead;

using Octets = std::vector<std::uint8_t>;

struct Table {
  std::array<std::uint8_t, 512> storage{};
  DynamicTable table{storage};
};

void expect_match(const KnownHead::Match& match, std::size_t common_bytes, bool same, bool fields_known) {
  assert_int_equal(match.common_bytes, common_bytes);
  assert_int_equal(match.same, same);
  assert_int_equal(match.fields_known, fields_known);
}

void the_common_beginning_of_two_blocks(void**) {
  Table memory;
  KnownHead known;
  const Octets block = {1, 2, 3, 4, 5};
  expect_match(known.match(block, memory.table), 0, false, false);
  known.store_block(block, memory.table);
  expect_match(known.match(block, memory.table), 5, true, false);
  expect_match(known.match(Octets{1, 2, 9}, memory.table), 2, false, false);
  expect_match(known.match(Octets{1, 2, 3, 4, 5, 6}, memory.table), 5, false, false);
}

void stored_fields_are_known_while_the_block_begins_with_them(void**) {
  Table memory;
  KnownHead known;
  known.store_block(Octets{1, 2, 3, 4, 5}, memory.table);
  known.store_result(3, FieldRules(), {.field_bytes = 77, .fields = 2});
  assert_int_equal(known.known_bytes(), 3);
  expect_match(known.match(Octets{1, 2, 3, 9}, memory.table), 3, false, true);
  expect_match(known.match(Octets{1, 2, 9}, memory.table), 2, false, false);
  HeaderBlock block;
  FieldRules rules;
  known.restore(rules, block);
  assert_int_equal(block.fields, 2);
  assert_int_equal(block.field_bytes, 77);
  known.invalidate();
  expect_match(known.match(Octets{1, 2, 3, 9}, memory.table), 3, false, false);
}

// Otherwise a longer beginning would never be stored.
void the_same_block_again_is_decoded_to_store_more(void**) {
  Table memory;
  KnownHead known;
  const Octets block = {1, 2, 3};
  known.store_block(block, memory.table);
  known.store_result(2, FieldRules(), {});
  expect_match(known.match(block, memory.table), 3, true, false);
  known.store_result(3, FieldRules(), {});
  expect_match(known.match(block, memory.table), 3, true, true);
}

void the_smallest_blocks(void**) {
  Table memory;
  KnownHead known;
  expect_match(known.match(Octets{}, memory.table), 0, true, false);
  known.store_block(Octets{7}, memory.table);
  known.store_result(1, FieldRules(), {});
  expect_match(known.match(Octets{7}, memory.table), 1, true, true);
  expect_match(known.match(Octets{7, 8}, memory.table), 1, false, true);
}

// The block is in spare memory of the table, and its references depend on the entries.
void a_changed_table_invalidates_all(void**) {
  Table memory;
  KnownHead known;
  known.store_block(Octets{1, 2, 3}, memory.table);
  known.store_result(2, FieldRules(), {});
  memory.table.insert("a", "b");
  expect_match(known.match(Octets{1, 2, 3}, memory.table), 0, false, false);
}

void a_long_block_is_stored_in_part(void**) {
  Table memory;
  KnownHead known;
  const Octets block(400, 7);
  known.store_block(block, memory.table);
  expect_match(known.match(block, memory.table), 255, false, false);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_common_beginning_of_two_blocks),
      cmocka_unit_test(stored_fields_are_known_while_the_block_begins_with_them),
      cmocka_unit_test(the_same_block_again_is_decoded_to_store_more),
      cmocka_unit_test(the_smallest_blocks),
      cmocka_unit_test(a_changed_table_invalidates_all),
      cmocka_unit_test(a_long_block_is_stored_in_part),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
