// The table and the scratch of an Decoder: what it keeps there, and what happens when they are small.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hex.h"
#include "support/hpack_feed.h"

using mote::test::decode_in_pieces;
using mote::test::decode_whole;
using mote::test::DecodedBlock;
using mote::test::Field;
using mote::test::FieldCollector;
using mote::test::from_hex;
using mote::test::OwnDecoder;
using mote::test::table_content;

namespace {

using Fields = std::vector<Field>;

const Field kOversized = {.name = {}, .value = {}, .oversized = true};

// RFC 7541 4.4: the name's entry is evicted to make room for the one that is named after it.
void a_name_is_valid_after_its_entry_is_evicted(void**) {
  for (const std::size_t piece : {100U, 1U}) {
    OwnDecoder connection(64, 64);
    const auto block = from_hex("40 0a 6162636465666768696a 04 31323334 7e 05 3132333435");
    const DecodedBlock decoded = decode_in_pieces(connection.decoder, block, 64, [&] { return piece; });
    assert_true(decoded.accepted);
    assert_true(decoded.fields == Fields({{"abcdefghij", "1234"}, {"abcdefghij", "12345"}}));
    assert_true(table_content(connection.decoder.table()) == Fields({{"abcdefghij", "12345"}}));
  }
}

// A string without Huffman code (RFC 7541 5.2).
void append_string(std::vector<std::uint8_t>& block, std::string_view text) {
  constexpr std::size_t kPrefixMax = 0x7f;
  if (text.size() < kPrefixMax) {
    block.push_back(static_cast<std::uint8_t>(text.size()));
  } else {
    block.push_back(kPrefixMax);
    std::size_t rest = text.size() - kPrefixMax;
    for (; rest >= 0x80; rest >>= 7U)
      block.push_back(static_cast<std::uint8_t>(rest | 0x80U));
    block.push_back(static_cast<std::uint8_t>(rest));
  }
  block.insert(block.end(), text.begin(), text.end());
}

// The entry that stays is moved to the front of the storage, over the evicted one.
void a_name_is_valid_after_its_place_is_overwritten(void**) {
  const std::string name(100, 'n');
  const std::string second(2000, 'b');
  const std::string third(1900, 'c');
  OwnDecoder connection(4096, 4096);
  std::vector<std::uint8_t> block;
  for (const auto& [field_name, value] :
       {std::pair{name, std::string(1500, 'a')}, std::pair{std::string("x"), second}}) {
    block.push_back(0x40);
    append_string(block, field_name);
    append_string(block, value);
  }
  block.insert(block.end(), {0x7f, 0x00});  // The name of entry 63, the first one.
  append_string(block, third);
  const DecodedBlock decoded = decode_whole(connection.decoder, block, 4096);
  assert_true(decoded.accepted);
  assert_true(decoded.fields.back() == (Field{name, third}));
  assert_true(table_content(connection.decoder.table()) == Fields({{name, third}, {"x", second}}));
}

void a_field_larger_than_the_table_empties_it(void**) {
  for (const std::size_t value_size : {32U, 63U, 64U}) {
    OwnDecoder connection(64, 64);
    std::vector<std::uint8_t> block = from_hex("40 01 61 01 62 7e");
    block.push_back(static_cast<std::uint8_t>(value_size));
    block.resize(block.size() + value_size, 'v');
    const DecodedBlock decoded = decode_whole(connection.decoder, block, 64);
    assert_true(decoded.accepted);
    assert_true(decoded.fields == Fields({{"a", "b"}, {"a", std::string(value_size, 'v')}}));
    assert_int_equal(connection.decoder.table().entry_count(), 0);
  }
}

// 9 bytes of name and value: 4 + 5.
constexpr std::string_view kPlainNine = "04 6e616d65 05 76616c7565";
constexpr std::string_view kHuffmanNine = "83 a874 97 84 ee3a2d2f";

std::string with(std::string_view first_byte, std::string_view strings, std::string_view tail) {
  return std::string(first_byte) + std::string(strings) + std::string(tail);
}

void a_field_too_large_for_scratch_is_skipped(void**) {
  for (std::string_view strings : {kPlainNine, kHuffmanNine}) {
    for (const std::size_t piece : {100U, 1U, 3U}) {
      for (std::size_t scratch = 0; scratch < 12; ++scratch) {
        OwnDecoder connection(0, 0);
        const DecodedBlock decoded = decode_in_pieces(connection.decoder, from_hex(with("00", strings, "00 00 00")),
                                                      scratch, [&] { return piece; });
        assert_true(decoded.accepted);
        const Field first = scratch < 9 ? kOversized : Field{"name", "value"};
        assert_true(decoded.fields == Fields({first, {"", ""}}));
      }
    }
  }
}

void a_skipped_field_leaves_no_state(void**) {
  OwnDecoder connection(40, 40);
  FieldCollector collector;
  std::vector<std::uint8_t> scratch(40);
  const std::string too_long(80, '6');  // 40 characters
  const auto block = from_hex("40 01 61 01 62 00 02 6161 28" + too_long);
  connection.decoder.begin();
  for (std::size_t i = 0; i < block.size(); ++i) {
    assert_true(connection.decoder.feed({&block[i], 1}, scratch, collector));
    if (i > 8) assert_int_equal(connection.decoder.pending(), 0);
  }
  assert_true(connection.decoder.end());
  assert_true(collector.fields == Fields({{"a", "b"}, kOversized}));
  assert_true(table_content(connection.decoder.table()) == Fields({{"a", "b"}}));
}

// A skipped string is not checked for Huffman errors.
void skipped_bytes_are_not_checked(void**) {
  OwnDecoder connection(0, 0);
  const DecodedBlock decoded = decode_whole(connection.decoder, from_hex("00 04 6e616d65 84 ffffffff"), 3);
  assert_true(decoded.accepted);
  assert_true(decoded.fields == Fields({kOversized}));
}

void an_indexed_field_too_large_for_scratch_empties_the_table(void**) {
  for (const std::size_t piece : {1000U, 1U}) {
    OwnDecoder connection(100, 100);
    std::vector<std::uint8_t> block = from_hex("40 01 61 01 62 40 01 61 7f 00");
    block.resize(block.size() + 127, 'v');
    const DecodedBlock decoded = decode_in_pieces(connection.decoder, block, 100, [&] { return piece; });
    assert_true(decoded.accepted);
    assert_true(decoded.fields == Fields({{"a", "b"}, kOversized}));
    assert_int_equal(connection.decoder.table().entry_count(), 0);
  }
}

// Then the field might belong into the table, whose state would be lost.
void an_indexed_field_needs_scratch_as_large_as_the_table(void**) {
  for (const std::size_t piece : {100U, 1U}) {
    for (std::size_t scratch = 0; scratch < 9; ++scratch) {
      OwnDecoder connection;
      const DecodedBlock decoded =
          decode_in_pieces(connection.decoder, from_hex(with("40", kPlainNine, "")), scratch, [&] { return piece; });
      assert_false(decoded.accepted);
    }
  }
}

void a_dynamic_name_needs_room_to_be_copied(void**) {
  OwnDecoder connection;
  assert_true(decode_whole(connection.decoder, from_hex(with("40", kPlainNine, ""))).accepted);
  assert_false(decode_whole(connection.decoder, from_hex("7e 01 61"), 3).accepted);
}

void pending_is_what_a_field_has_in_scratch(void**) {
  OwnDecoder connection;
  FieldCollector collector;
  std::vector<std::uint8_t> scratch(4096);
  const auto block = from_hex(with("00", kPlainNine, "82"));
  const std::size_t expected[] = {0, 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 0, 0};
  connection.decoder.begin();
  for (std::size_t i = 0; i < block.size(); ++i) {
    assert_true(connection.decoder.feed({&block[i], 1}, scratch, collector));
    assert_int_equal(connection.decoder.pending(), expected[i]);
  }
}

void scratch_smaller_than_its_pending_bytes_is_an_error(void**) {
  OwnDecoder connection;
  FieldCollector collector;
  std::vector<std::uint8_t> scratch(4096);
  connection.decoder.begin();
  assert_true(connection.decoder.feed(from_hex("00 04 6e616d65"), scratch, collector));
  assert_false(connection.decoder.feed(from_hex("01 61"), std::span(scratch).first(3), collector));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_name_is_valid_after_its_entry_is_evicted),
      cmocka_unit_test(a_name_is_valid_after_its_place_is_overwritten),
      cmocka_unit_test(a_field_larger_than_the_table_empties_it),
      cmocka_unit_test(a_field_too_large_for_scratch_is_skipped),
      cmocka_unit_test(a_skipped_field_leaves_no_state),
      cmocka_unit_test(skipped_bytes_are_not_checked),
      cmocka_unit_test(an_indexed_field_too_large_for_scratch_empties_the_table),
      cmocka_unit_test(an_indexed_field_needs_scratch_as_large_as_the_table),
      cmocka_unit_test(a_dynamic_name_needs_room_to_be_copied),
      cmocka_unit_test(pending_is_what_a_field_has_in_scratch),
      cmocka_unit_test(scratch_smaller_than_its_pending_bytes_is_an_error),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
