#include "hpack/decoder.h"

#include <string>
#include <string_view>
#include <vector>

#include "hpack/static_table.h"
#include "support/cmocka_test.h"
#include "support/hex.h"
#include "support/hpack_feed.h"

using mote::hpack::HeaderField;
using mote::test::decode_byte_by_byte;
using mote::test::decode_whole;
using mote::test::DecodedBlock;
using mote::test::Field;
using mote::test::FieldCollector;
using mote::test::from_hex;
using mote::test::OwnDecoder;
using mote::test::table_content;

namespace {

using Fields = std::vector<Field>;

bool accepts(std::string_view hex, std::size_t table_bytes = 4096) {
  OwnDecoder whole(table_bytes);
  OwnDecoder bytes(table_bytes);
  const bool accepted = decode_whole(whole.decoder, from_hex(hex)).accepted;
  assert_int_equal(decode_byte_by_byte(bytes.decoder, from_hex(hex)).accepted, accepted);
  return accepted;
}

Fields fields_of(std::string_view hex, std::size_t scratch_bytes = 8192) {
  OwnDecoder connection;
  const DecodedBlock block = decode_whole(connection.decoder, from_hex(hex), scratch_bytes);
  assert_true(block.accepted);
  return block.fields;
}

void every_static_entry_is_reached(void**) {
  for (std::size_t index = 1; index <= mote::hpack::kStaticTableSize; ++index) {
    OwnDecoder connection;
    const std::vector<std::uint8_t> block = {static_cast<std::uint8_t>(0x80 | index)};
    const DecodedBlock decoded = decode_whole(connection.decoder, block);
    const HeaderField entry = mote::hpack::static_entry(index);
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

void an_index_without_an_entry_is_an_error(void**) {
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
  assert_true(accepts("3f e1 9f 80 80 00"));      // the same in five bytes after the prefix
  assert_false(accepts("3f e1 9f 80 80 80 00"));  // and in six
  assert_false(accepts("3f e1 9f 80 80 80 80 80 80 80 80"));
  assert_false(accepts("0f ff ff ff ff 7f"));  // more than 32 bits
  assert_false(accepts("0f 80 80 80 80 01"));
  assert_false(accepts("3f e1 9f 80 80 10"));  // 2^32 + 4096
}

// An error in the length of a string is detected before the string arrives.
void lengths_have_limits(void**) {
  const auto feeds = [](std::string_view hex) {
    OwnDecoder connection;
    FieldCollector collector;
    std::vector<std::uint8_t> scratch(4096);
    connection.decoder.begin();
    return connection.decoder.feed(from_hex(hex), scratch, collector);
  };
  assert_true(feeds("00 7f 81 ff ff 07"));      // 2^24
  assert_false(feeds("00 7f 82 ff ff 07"));     // 2^24 + 1
  assert_false(feeds("00 7f 80 80 80 08"));     // 2^24 + 127
  assert_false(feeds("00 7f 80 80 80 80 01"));  // 2^28 + 127
  assert_false(feeds("00 7f 80 80 80 80 10"));  // 2^32 + 127
}

void size_updates_must_be_at_the_start(void**) {
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
  OwnDecoder connection;
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
    OwnDecoder connection;
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

void fails_for_good_after_an_error(void**) {
  OwnDecoder connection;
  assert_false(decode_whole(connection.decoder, from_hex("80")).accepted);
  assert_false(decode_whole(connection.decoder, from_hex("82")).accepted);
  assert_false(connection.decoder.end());
}

void an_incomplete_block_is_an_error(void**) {
  OwnDecoder connection;
  assert_false(decode_whole(connection.decoder, from_hex("00 01")).accepted);
  assert_false(decode_whole(connection.decoder, from_hex("82")).accepted);
}

void never_indexed_is_passed_on(void**) {
  assert_true(fields_of("10 01 61 01 62") == Fields({{"a", "b", true}}));
  assert_true(fields_of("00 01 61 01 62") == Fields({{"a", "b", false}}));
  assert_true(fields_of("40 01 61 01 62 1f 2f 01 63") == Fields({{"a", "b", false}, {"a", "c", true}}));
}

// The fast path of a value that lies whole and plain in its piece.
void a_plain_value_is_not_copied(void**) {
  class Witness final : public mote::hpack::FieldSink {
   public:
    std::string_view value;
    void on_field(const HeaderField& field) override { value = field.value; }
    void on_oversized_field() override { fail_msg("too large"); }
  } witness;
  OwnDecoder connection;
  std::vector<std::uint8_t> scratch(4096);
  const auto block = from_hex("04 02 2f61");
  connection.decoder.begin();
  assert_true(connection.decoder.feed(block, scratch, witness));
  assert_ptr_equal(witness.value.data(), &block[2]);
}

void a_lower_limit_evicts_at_once(void**) {
  OwnDecoder connection;
  assert_true(decode_whole(connection.decoder, from_hex("40 01 61 01 62 40 01 63 01 64")).accepted);
  connection.decoder.set_max_table_bytes(40);
  assert_true(table_content(connection.decoder.table()) == Fields({{"c", "d"}}));
  assert_true(decode_whole(connection.decoder, from_hex("3f 09 be")).accepted);  // 40
  assert_true(decode_whole(connection.decoder, from_hex("be")).accepted);
  assert_false(decode_whole(connection.decoder, from_hex("3f 0a")).accepted);  // 41
}

void a_table_in_use_needs_a_size_update_after_a_lower_limit(void**) {
  for (const char* block : {"82", "40 01 61 01 62", "", "82 20"}) {
    OwnDecoder connection;
    assert_true(decode_whole(connection.decoder, from_hex("40 01 61 01 62")).accepted);
    connection.decoder.set_max_table_bytes(20);
    connection.decoder.set_max_table_bytes(10);  // It is still due, although the table is empty now.
    assert_false(decode_whole(connection.decoder, from_hex(block)).accepted);
  }
}

void a_size_update_is_due_once(void**) {
  OwnDecoder connection;
  assert_true(decode_whole(connection.decoder, from_hex("40 01 61 01 62")).accepted);
  connection.decoder.set_max_table_bytes(64);
  assert_true(decode_whole(connection.decoder, from_hex("20 3f 21 82")).accepted);  // 0, 64
  assert_true(decode_whole(connection.decoder, from_hex("82")).accepted);
}

void a_table_within_the_lower_limit_needs_no_size_update(void**) {
  OwnDecoder connection;
  assert_true(decode_whole(connection.decoder, from_hex("3f 21 40 01 61 01 62")).accepted);  // 64
  connection.decoder.set_max_table_bytes(64);
  assert_true(decode_whole(connection.decoder, from_hex("be")).accepted);
}

void a_higher_limit_waits_for_the_peer(void**) {
  OwnDecoder connection(40, 4096);
  connection.decoder.set_max_table_bytes(100);
  assert_int_equal(connection.decoder.table().max_size(), 40);
  assert_true(decode_whole(connection.decoder, from_hex("3f 45")).accepted);  // 100
  assert_int_equal(connection.decoder.table().max_size(), 100);
  assert_false(decode_whole(connection.decoder, from_hex("3f 46")).accepted);
}

// Its entries are the same in the reserve, and a name that is taken from one of them.
void a_table_moves_to_its_reserve_within_a_block(void**) {
  std::vector<std::uint8_t> small(8);
  std::vector<std::uint8_t> reserve(4096);
  mote::hpack::Decoder decoder(small, 4096, reserve);
  const DecodedBlock decoded = decode_whole(decoder, from_hex("40 01 61 01 62 7e 01 63 bf be"));
  assert_true(decoder.table().in_reserve());
  assert_true(decoded.fields == Fields({{"a", "b"}, {"a", "c"}, {"a", "b"}, {"a", "c"}}));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_static_entry_is_reached),
      cmocka_unit_test(an_empty_block_is_complete),
      cmocka_unit_test(empty_strings_are_fields),
      cmocka_unit_test(an_index_without_an_entry_is_an_error),
      cmocka_unit_test(integers_have_limits),
      cmocka_unit_test(lengths_have_limits),
      cmocka_unit_test(size_updates_must_be_at_the_start),
      cmocka_unit_test(size_updates_keep_to_the_limit),
      cmocka_unit_test(a_size_update_may_open_every_block),
      cmocka_unit_test(a_block_ends_between_fields),
      cmocka_unit_test(huffman_errors_are_errors),
      cmocka_unit_test(fails_for_good_after_an_error),
      cmocka_unit_test(an_incomplete_block_is_an_error),
      cmocka_unit_test(never_indexed_is_passed_on),
      cmocka_unit_test(a_plain_value_is_not_copied),
      cmocka_unit_test(a_lower_limit_evicts_at_once),
      cmocka_unit_test(a_table_in_use_needs_a_size_update_after_a_lower_limit),
      cmocka_unit_test(a_size_update_is_due_once),
      cmocka_unit_test(a_table_within_the_lower_limit_needs_no_size_update),
      cmocka_unit_test(a_higher_limit_waits_for_the_peer),
      cmocka_unit_test(a_table_moves_to_its_reserve_within_a_block),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
