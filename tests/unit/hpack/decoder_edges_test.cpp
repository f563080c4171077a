// The HPACK decoder at its edges: where a repeatable start ends, and a table that shrinks inside a field.
#include "hpack/decoder.h"
#include "support/cmocka_test.h"
#include "support/hex.h"
#include "support/hpack_feed.h"

using mote::Bytes;
using mote::hpack::Decoder;
using mote::test::decode_whole;
using mote::test::FieldCollector;
using mote::test::from_hex;
using mote::test::OwnDecoder;

namespace {

void expect_repeatable(std::string_view hex, std::size_t bytes) {
  assert_int_equal(Decoder::repeatable_bytes(from_hex(hex)), bytes);
}

void test_repeatable_fields_are_counted_whole(void**) {
  expect_repeatable("", 0);
  expect_repeatable("82 86", 2);
  // A literal with a name from the table and with a new one.
  expect_repeatable("04 01 61 82", 4);
  expect_repeatable("00 01 61 01 62 82", 6);
  expect_repeatable("10 01 61 01 62", 5);
  // A literal that is indexed and a table size update change the table.
  expect_repeatable("82 41 01 61", 1);
  expect_repeatable("20 82", 0);
  expect_repeatable("20 01 61 01 62", 0);
}

void test_a_field_that_is_cut_short_is_not_repeatable(void**) {
  expect_repeatable("82 00", 1);
  expect_repeatable("82 00 02 61", 1);
  expect_repeatable("82 00 01 61", 1);
  expect_repeatable("82 00 01 61 02 62", 1);
  expect_repeatable("82 04 02 61", 1);
}

void test_an_integer_of_two_bytes_is_repeatable(void**) {
  expect_repeatable("ff 00 82", 3);
  expect_repeatable("0f 01 01 61 82", 5);
  expect_repeatable("0e 01 61 82", 4);
  for (const std::size_t size : {126U, 127U, 128U, 254U}) {
    std::vector<std::uint8_t> block = {0x04, static_cast<std::uint8_t>(std::min<std::size_t>(size, 127))};
    if (size >= 127) block.push_back(static_cast<std::uint8_t>(size - 127));
    block.resize(block.size() + size, 0x61);
    assert_int_equal(Decoder::repeatable_bytes(block), block.size());
  }
  // Cut short, and of three bytes.
  expect_repeatable("82 ff", 1);
  expect_repeatable("82 0f", 1);
  expect_repeatable("82 ff 80 01", 1);
  expect_repeatable("82 0f 80 00 01 61", 1);
}

// The name of a literal is looked up twice: when its index is read, and when its value is whole.
void test_a_table_that_shrinks_inside_a_field(void**) {
  OwnDecoder own;
  assert_true(decode_whole(own.decoder, from_hex("40 01 61 01 62")).accepted);
  FieldCollector collector;
  std::vector<std::uint8_t> scratch(100);
  own.decoder.begin();
  assert_true(own.decoder.feed(from_hex("0f 2f 02 61"), scratch, collector));
  own.decoder.set_max_table_bytes(0);
  assert_false(own.decoder.feed(from_hex("62"), scratch, collector));
  assert_true(collector.fields.empty());
}

// A name from the static table is not copied.
void test_scratch_for_the_value_only(void**) {
  OwnDecoder own;
  std::vector<std::uint8_t> scratch(1);
  FieldCollector collector;
  own.decoder.begin();
  assert_true(own.decoder.feed(from_hex("7d 01 61"), scratch, collector));
  assert_int_equal(collector.fields.size(), 1);
  assert_string_equal(collector.fields[0].name.c_str(), "www-authenticate");
}

// The name of an entry whose own new entry evicts it is copied, into scratch memory that just holds both.
void test_an_entry_that_takes_the_whole_table(void**) {
  constexpr std::size_t kTable = 64;
  for (const std::size_t scratch_bytes : {31U, 32U}) {
    OwnDecoder own(kTable);
    assert_true(decode_whole(own.decoder, from_hex("40 02 61 62 01 63")).accepted);
    std::vector<std::uint8_t> block = {0x7e, 30};
    block.resize(32, 'x');
    std::vector<std::uint8_t> scratch(scratch_bytes);
    FieldCollector collector;
    own.decoder.begin();
    const bool fits = scratch_bytes == 32;
    assert_int_equal(own.decoder.feed(block, scratch, collector), fits);
    if (!fits) continue;
    own.decoder.begin();
    assert_true(own.decoder.feed(from_hex("be"), scratch, collector));
    assert_string_equal(collector.fields.back().name.c_str(), "ab");
    assert_string_equal(collector.fields.back().value.c_str(), std::string(30, 'x').c_str());
  }
}

// Fields that are known are passed over where no size update is due.
void test_a_size_update_that_is_due_is_not_passed_over(void**) {
  for (const bool due : {false, true}) {
    OwnDecoder own;
    assert_true(decode_whole(own.decoder, from_hex("40 01 61 01 62")).accepted);
    if (due) own.decoder.set_max_table_bytes(100);
    FieldCollector collector;
    std::vector<std::uint8_t> scratch(100);
    own.decoder.begin();
    own.decoder.pass_over_fields();
    assert_int_equal(own.decoder.feed(from_hex("82"), scratch, collector), !due);
  }
  // Behind fields a size update is an error.
  OwnDecoder own;
  FieldCollector collector;
  std::vector<std::uint8_t> scratch(100);
  own.decoder.begin();
  own.decoder.pass_over_fields();
  assert_false(own.decoder.feed(from_hex("20"), scratch, collector));
}

// A block that begins while the last one stopped inside a field.
void test_a_block_after_a_truncated_one(void**) {
  OwnDecoder own;
  FieldCollector collector;
  std::vector<std::uint8_t> scratch(100);
  own.decoder.begin();
  assert_true(own.decoder.feed(from_hex("00 02 61"), scratch, collector));
  assert_false(own.decoder.end());
  own.decoder.begin();
  assert_false(own.decoder.end());
  assert_false(own.decoder.feed(from_hex("82"), scratch, collector));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_repeatable_fields_are_counted_whole),
      cmocka_unit_test(test_a_field_that_is_cut_short_is_not_repeatable),
      cmocka_unit_test(test_an_integer_of_two_bytes_is_repeatable),
      cmocka_unit_test(test_a_table_that_shrinks_inside_a_field),
      cmocka_unit_test(test_scratch_for_the_value_only),
      cmocka_unit_test(test_an_entry_that_takes_the_whole_table),
      cmocka_unit_test(test_a_size_update_that_is_due_is_not_passed_over),
      cmocka_unit_test(test_a_block_after_a_truncated_one),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
