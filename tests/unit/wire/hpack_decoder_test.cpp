#include "wire/hpack_decoder.h"

#include <string>
#include <string_view>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hex.h"
#include "support/hpack_feed.h"
#include "wire/hpack_static_table.h"

using mote::test::decode_byte_by_byte;
using mote::test::decode_in_pieces;
using mote::test::decode_whole;
using mote::test::DecodedBlock;
using mote::test::Field;
using mote::test::FieldCollector;
using mote::test::from_hex;
using mote::test::table_content;
using mote::wire::HeaderField;
using mote::wire::HpackDecoder;

namespace {

using Fields = std::vector<Field>;

const Field kOversized = {.name = {}, .value = {}, .oversized = true};

// A decoder with storage of its own.
struct Connection {
  explicit Connection(std::size_t table_bytes = 4096, std::size_t storage_bytes = 4096)
      : storage(storage_bytes), decoder(storage, table_bytes) {}
  std::vector<std::uint8_t> storage;
  HpackDecoder decoder;
};

bool accepts(std::string_view hex, std::size_t table_bytes = 4096) {
  Connection whole(table_bytes);
  Connection bytes(table_bytes);
  const bool accepted = decode_whole(whole.decoder, from_hex(hex)).accepted;
  assert_int_equal(decode_byte_by_byte(bytes.decoder, from_hex(hex)).accepted, accepted);
  return accepted;
}

Fields fields_of(std::string_view hex, std::size_t scratch_bytes = 8192) {
  Connection connection;
  const DecodedBlock block = decode_whole(connection.decoder, from_hex(hex), scratch_bytes);
  assert_true(block.accepted);
  return block.fields;
}

// One header block of an RFC example and what it leaves behind.
struct Step {
  std::string_view hex;
  Fields fields;
  Fields table;
  std::size_t table_size;
};

void assert_steps(const std::vector<Step>& steps, std::size_t table_bytes) {
  for (const std::size_t piece : {1000U, 1U, 2U, 3U, 7U}) {
    Connection connection(table_bytes, table_bytes);
    for (const Step& step : steps) {
      const DecodedBlock block =
          decode_in_pieces(connection.decoder, from_hex(step.hex), table_bytes, [&] { return piece; });
      assert_true(block.accepted);
      assert_true(block.fields == step.fields);
      assert_true(table_content(connection.decoder.table()) == step.table);
      assert_int_equal(connection.decoder.table().size(), step.table_size);
    }
  }
}

void rfc_c2_1_literal_with_indexing(void**) {
  assert_steps({{"400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
                 {{"custom-key", "custom-header"}},
                 {{"custom-key", "custom-header"}},
                 55}},
               4096);
}

void rfc_c2_2_literal_without_indexing(void**) {
  assert_steps({{"040c 2f73 616d 706c 652f 7061 7468", {{":path", "/sample/path"}}, {}, 0}}, 4096);
}

void rfc_c2_3_literal_never_indexed(void**) {
  assert_steps({{"1008 7061 7373 776f 7264 0673 6563 7265 74", {{"password", "secret", true}}, {}, 0}}, 4096);
}

void rfc_c2_4_indexed(void**) {
  assert_steps({{"82", {{":method", "GET"}}, {}, 0}}, 4096);
}

std::vector<Step> request_steps(std::string_view first, std::string_view second, std::string_view third) {
  const Field method = {":method", "GET"};
  const Field http = {":scheme", "http"};
  const Field authority = {":authority", "www.example.com"};
  const Field no_cache = {"cache-control", "no-cache"};
  const Field custom = {"custom-key", "custom-value"};
  return {
      {first, {method, http, {":path", "/"}, authority}, {authority}, 57},
      {second, {method, http, {":path", "/"}, authority, no_cache}, {no_cache, authority}, 110},
      {third,
       {method, {":scheme", "https"}, {":path", "/index.html"}, authority, custom},
       {custom, no_cache, authority},
       164},
  };
}

void rfc_c3_requests(void**) {
  assert_steps(request_steps("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", "8286 84be 5808 6e6f 2d63 6163 6865",
                             "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65"),
               4096);
}

void rfc_c4_requests_huffman(void**) {
  assert_steps(request_steps("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", "8286 84be 5886 a8eb 1064 9cbf",
                             "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"),
               4096);
}

std::vector<Step> response_steps(std::string_view first, std::string_view second, std::string_view third) {
  const Field found = {":status", "302"};
  const Field redirect = {":status", "307"};
  const Field is_private = {"cache-control", "private"};
  const Field date = {"date", "Mon, 21 Oct 2013 20:13:21 GMT"};
  const Field next_date = {"date", "Mon, 21 Oct 2013 20:13:22 GMT"};
  const Field location = {"location", "https://www.example.com"};
  const Field encoding = {"content-encoding", "gzip"};
  const Field cookie = {"set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"};
  return {
      {first, {found, is_private, date, location}, {location, date, is_private, found}, 222},
      {second, {redirect, is_private, date, location}, {redirect, location, date, is_private}, 222},
      {third,
       {{":status", "200"}, is_private, next_date, location, encoding, cookie},
       {cookie, encoding, next_date},
       215},
  };
}

void rfc_c5_responses(void**) {
  assert_steps(
      response_steps(
          "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 "
          "3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
          "4803 3330 37c1 c0bf",
          "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 "
          "7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 "
          "6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31"),
      256);
}

void rfc_c6_responses_huffman(void**) {
  assert_steps(
      response_steps(
          "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad "
          "1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
          "4883 640e ffc1 c0bf",
          "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 "
          "e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07"),
      256);
}

void every_static_entry_is_reached(void**) {
  for (std::size_t index = 1; index <= mote::wire::kStaticTableSize; ++index) {
    Connection connection;
    const std::vector<std::uint8_t> block = {static_cast<std::uint8_t>(0x80 | index)};
    const DecodedBlock decoded = decode_whole(connection.decoder, block);
    const HeaderField entry = mote::wire::static_entry(index);
    assert_true(decoded.accepted);
    assert_true(decoded.fields == Fields({{std::string(entry.name), std::string(entry.value)}}));
  }
  assert_true(fields_of("81") == Fields({{":authority", ""}}));
  assert_true(fields_of("bd") == Fields({{"www-authenticate", ""}}));
}

void an_empty_block_is_complete(void**) {
  assert_true(accepts(""));
}

void empty_strings_are_fields(void**) {
  const Field empty = {"", ""};
  assert_true(fields_of("00 00 00") == Fields({empty}));
  assert_true(fields_of("00 80 80") == Fields({empty}));
  assert_true(fields_of("00 00 00", 0) == Fields({empty}));
}

void an_index_of_no_entry_is_an_error(void**) {
  assert_false(accepts("80"));           // 0
  assert_false(accepts("be"));           // 62, the table is empty
  assert_false(accepts("7e 01 61"));     // 62 as a name
  assert_false(accepts("0f 2f 01 61"));  // 15 + 47 = 62, without indexing
  assert_true(accepts("40 01 61 01 62 be"));
  assert_false(accepts("40 01 61 01 62 bf"));
  assert_false(accepts("ff ff ff ff 07"));  // far beyond 65,535 and not to be cut to 16 bits
  assert_false(accepts("ff c3 ff 03"));     // 65536 + 2
}

void integers_have_limits(void**) {
  assert_true(accepts("3f e1 1f"));               // size update: 31 + 4065 = 4096
  assert_true(accepts("3f e1 9f 80 80 00"));      // the same in five bytes behind the prefix
  assert_false(accepts("3f e1 9f 80 80 80 00"));  // and in six
  assert_false(accepts("3f e1 9f 80 80 80 80 80 80 80 80"));
  assert_false(accepts("0f ff ff ff ff 7f"));  // more than 32 bits
  assert_false(accepts("0f 80 80 80 80 01"));
  assert_false(accepts("00 7f 82 ff ff 07"));  // a length of 2^24 + 1
}

// The same length is right when it is 2^24: the block is only not complete.
void the_largest_integer_is_no_error(void**) {
  Connection connection;
  FieldCollector collector;
  std::vector<std::uint8_t> scratch(4096);
  connection.decoder.begin();
  assert_true(connection.decoder.feed(from_hex("00 7f 81 ff ff 07"), scratch, collector));
  assert_false(connection.decoder.feed(from_hex("00 7f 82 ff ff 07 00"), scratch, collector) &&
               connection.decoder.end());
}

void size_updates_stand_at_the_start(void**) {
  assert_true(accepts("20"));
  assert_true(accepts("20 82"));
  assert_true(accepts("20 3f e1 1f 82"));
  assert_true(accepts("20 21 22 82"));
  assert_false(accepts("82 20"));
  assert_false(accepts("00 01 61 01 62 20"));
  assert_false(accepts("40 01 61 01 62 20"));
}

void size_updates_keep_to_the_limit(void**) {
  assert_false(accepts("3f e2 1f"));  // 4097
  assert_true(accepts("3f 01", 32));
  assert_false(accepts("3f 02", 32));
  assert_true(accepts("20", 0));
  assert_false(accepts("21", 0));
}

void a_size_update_may_open_every_block(void**) {
  Connection connection;
  assert_true(decode_whole(connection.decoder, from_hex("40 01 61 01 62")).accepted);
  assert_int_equal(connection.decoder.table().entry_count(), 1);
  assert_true(decode_whole(connection.decoder, from_hex("20")).accepted);
  assert_int_equal(connection.decoder.table().entry_count(), 0);
  assert_int_equal(connection.decoder.table().max_size(), 0);
  assert_true(decode_whole(connection.decoder, from_hex("3f e1 1f 40 01 61 01 62 be")).accepted);
  assert_int_equal(connection.decoder.table().entry_count(), 1);
}

void a_block_ends_between_fields(void**) {
  const auto block = from_hex("40 01 61 01 62 0f 2f 85 f2b2 0c7f ff");
  for (std::size_t size = 0; size < block.size(); ++size) {
    Connection connection;
    const std::vector<std::uint8_t> part(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
    assert_int_equal(decode_whole(connection.decoder, part).accepted, size == 0 || size == 5);
  }
}

void huffman_errors_are_errors(void**) {
  assert_true(accepts("00 81 07 81 07"));
  assert_false(accepts("00 81 06 81 07"));  // padding not of ones
  assert_false(accepts("00 81 07 81 00"));
  assert_false(accepts("00 82 07ff 81 07"));  // padding of 8 bits and more
  assert_false(accepts("00 81 07 81 ff"));
  assert_false(accepts("00 84 ffff ffff 81 07"));  // EOS
  assert_false(accepts("00 81 07 85 ffff ffff ff"));
}

void stays_dead_after_an_error(void**) {
  Connection connection;
  assert_false(decode_whole(connection.decoder, from_hex("80")).accepted);
  assert_false(decode_whole(connection.decoder, from_hex("82")).accepted);
  assert_false(connection.decoder.end());
}

void a_block_left_unfinished_is_an_error(void**) {
  Connection connection;
  assert_false(decode_whole(connection.decoder, from_hex("00 01")).accepted);
  assert_false(decode_whole(connection.decoder, from_hex("82")).accepted);
}

void never_indexed_is_passed_on(void**) {
  assert_true(fields_of("10 01 61 01 62") == Fields({{"a", "b", true}}));
  assert_true(fields_of("00 01 61 01 62") == Fields({{"a", "b", false}}));
  assert_true(fields_of("40 01 61 01 62 1f 2f 01 63") == Fields({{"a", "b", false}, {"a", "c", true}}));
}

// RFC 7541 4.4: the name's entry is evicted to make room for the one that is named after it.
void a_name_outlives_its_entry(void**) {
  for (const std::size_t piece : {100U, 1U}) {
    Connection connection(64, 64);
    const auto block = from_hex("40 0a 6162636465666768696a 04 31323334 7e 05 3132333435");
    const DecodedBlock decoded = decode_in_pieces(connection.decoder, block, 64, [&] { return piece; });
    assert_true(decoded.accepted);
    assert_true(decoded.fields == Fields({{"abcdefghij", "1234"}, {"abcdefghij", "12345"}}));
    assert_true(table_content(connection.decoder.table()) == Fields({{"abcdefghij", "12345"}}));
  }
}

void a_field_larger_than_the_table_empties_it(void**) {
  Connection connection(64, 64);
  const auto block = from_hex("40 01 61 01 62  7e 20 3031323334353637383930313233343536373839303132333435363738393031");
  assert_true(decode_whole(connection.decoder, block, 64).accepted);
  assert_int_equal(connection.decoder.table().entry_count(), 0);
}

// 9 bytes of name and value: 4 + 5.
constexpr std::string_view kPlainNine = "04 6e616d65 05 76616c7565";
constexpr std::string_view kHuffmanNine = "83 a874 97 84 ee3a2d2f";

std::string with(std::string_view first_byte, std::string_view strings, std::string_view tail) {
  return std::string(first_byte) + std::string(strings) + std::string(tail);
}

void a_field_too_large_for_scratch_is_left_out(void**) {
  for (std::string_view strings : {kPlainNine, kHuffmanNine}) {
    for (const std::size_t piece : {100U, 1U, 3U}) {
      for (std::size_t scratch = 0; scratch < 12; ++scratch) {
        Connection connection(0, 0);
        const DecodedBlock decoded =
            decode_in_pieces(connection.decoder, from_hex(with("00", strings, "82")), scratch, [&] { return piece; });
        assert_true(decoded.accepted);
        const Field first = scratch < 9 ? kOversized : Field{"name", "value"};
        assert_true(decoded.fields == Fields({first, {":method", "GET"}}));
      }
    }
  }
}

void an_indexed_field_too_large_for_scratch_empties_the_table(void**) {
  for (const std::size_t piece : {1000U, 1U}) {
    Connection connection(100, 100);
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
      Connection connection;
      const DecodedBlock decoded =
          decode_in_pieces(connection.decoder, from_hex(with("40", kPlainNine, "")), scratch, [&] { return piece; });
      assert_false(decoded.accepted);
    }
  }
}

void a_dynamic_name_needs_room_to_be_copied(void**) {
  Connection connection;
  assert_true(decode_whole(connection.decoder, from_hex(with("40", kPlainNine, ""))).accepted);
  assert_false(decode_whole(connection.decoder, from_hex("7e 01 61"), 3).accepted);
}

void pending_is_what_a_field_has_in_scratch(void**) {
  Connection connection;
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

void scratch_that_lost_what_is_pending_is_an_error(void**) {
  Connection connection;
  FieldCollector collector;
  std::vector<std::uint8_t> scratch(4096);
  connection.decoder.begin();
  assert_true(connection.decoder.feed(from_hex("00 04 6e616d65"), scratch, collector));
  assert_false(connection.decoder.feed(from_hex("01 61"), std::span(scratch).first(3), collector));
}

// The fast path of a value that lies whole and plain in its piece.
void a_plain_value_is_not_copied(void**) {
  class Witness final : public mote::wire::FieldSink {
   public:
    std::string_view value;
    void on_field(const HeaderField& field) override { value = field.value; }
    void on_oversized_field() override { fail_msg("too large"); }
  } witness;
  Connection connection;
  std::vector<std::uint8_t> scratch(4096);
  const auto block = from_hex("04 02 2f61");
  connection.decoder.begin();
  assert_true(connection.decoder.feed(block, scratch, witness));
  assert_ptr_equal(witness.value.data(), &block[2]);
}

void a_lower_limit_evicts_at_once(void**) {
  Connection connection;
  assert_true(decode_whole(connection.decoder, from_hex("40 01 61 01 62 40 01 63 01 64")).accepted);
  connection.decoder.set_max_table_bytes(40);
  assert_true(table_content(connection.decoder.table()) == Fields({{"c", "d"}}));
  assert_true(decode_whole(connection.decoder, from_hex("be")).accepted);
  assert_false(decode_whole(connection.decoder, from_hex("3f 0a")).accepted);  // 41
}

void a_higher_limit_waits_for_the_peer(void**) {
  Connection connection(40, 4096);
  connection.decoder.set_max_table_bytes(100);
  assert_int_equal(connection.decoder.table().max_size(), 40);
  assert_true(decode_whole(connection.decoder, from_hex("3f 45")).accepted);  // 100
  assert_int_equal(connection.decoder.table().max_size(), 100);
  assert_false(decode_whole(connection.decoder, from_hex("3f 46")).accepted);
}

void the_table_may_move_between_blocks(void**) {
  Connection connection;
  assert_true(decode_whole(connection.decoder, from_hex("40 01 61 01 62")).accepted);
  connection.decoder.set_max_table_bytes(64);
  std::vector<std::uint8_t> small(64);
  connection.decoder.table().move_to(small);
  std::fill(connection.storage.begin(), connection.storage.end(), std::uint8_t{0});
  const DecodedBlock decoded = decode_whole(connection.decoder, from_hex("be 7e 01 63 be"));
  assert_true(decoded.accepted);
  assert_true(decoded.fields == Fields({{"a", "b"}, {"a", "c"}, {"a", "c"}}));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(rfc_c2_1_literal_with_indexing),
      cmocka_unit_test(rfc_c2_2_literal_without_indexing),
      cmocka_unit_test(rfc_c2_3_literal_never_indexed),
      cmocka_unit_test(rfc_c2_4_indexed),
      cmocka_unit_test(rfc_c3_requests),
      cmocka_unit_test(rfc_c4_requests_huffman),
      cmocka_unit_test(rfc_c5_responses),
      cmocka_unit_test(rfc_c6_responses_huffman),
      cmocka_unit_test(every_static_entry_is_reached),
      cmocka_unit_test(an_empty_block_is_complete),
      cmocka_unit_test(empty_strings_are_fields),
      cmocka_unit_test(an_index_of_no_entry_is_an_error),
      cmocka_unit_test(integers_have_limits),
      cmocka_unit_test(the_largest_integer_is_no_error),
      cmocka_unit_test(size_updates_stand_at_the_start),
      cmocka_unit_test(size_updates_keep_to_the_limit),
      cmocka_unit_test(a_size_update_may_open_every_block),
      cmocka_unit_test(a_block_ends_between_fields),
      cmocka_unit_test(huffman_errors_are_errors),
      cmocka_unit_test(stays_dead_after_an_error),
      cmocka_unit_test(a_block_left_unfinished_is_an_error),
      cmocka_unit_test(never_indexed_is_passed_on),
      cmocka_unit_test(a_name_outlives_its_entry),
      cmocka_unit_test(a_field_larger_than_the_table_empties_it),
      cmocka_unit_test(a_field_too_large_for_scratch_is_left_out),
      cmocka_unit_test(an_indexed_field_too_large_for_scratch_empties_the_table),
      cmocka_unit_test(an_indexed_field_needs_scratch_as_large_as_the_table),
      cmocka_unit_test(a_dynamic_name_needs_room_to_be_copied),
      cmocka_unit_test(pending_is_what_a_field_has_in_scratch),
      cmocka_unit_test(scratch_that_lost_what_is_pending_is_an_error),
      cmocka_unit_test(a_plain_value_is_not_copied),
      cmocka_unit_test(a_lower_limit_evicts_at_once),
      cmocka_unit_test(a_higher_limit_waits_for_the_peer),
      cmocka_unit_test(the_table_may_move_between_blocks),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
