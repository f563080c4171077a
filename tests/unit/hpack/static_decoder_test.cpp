// The decoder for a peer without a header table does what Decoder with an empty one does, on good blocks and bad ones.
#include "hpack/static_decoder.h"

#include <random>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hex.h"
#include "support/hpack_feed.h"
#include "support/seed.h"

namespace {

using namespace mote::test;
using mote::hpack::StaticDecoder;
using Result = StaticDecoder::Result;

DecodedBlock decode(const std::vector<std::uint8_t>& block, std::size_t scratch_bytes) {
  std::vector<std::uint8_t> scratch(scratch_bytes, 0xa5);
  StaticDecoder decoder(scratch);
  DecodedBlock decoded;
  decoder.begin();
  for (const std::uint8_t byte : block) {
    const Result result = decoder.take(byte);
    if (result == Result::Error) {
      decoded.accepted = false;
      return decoded;
    }
    if (result == Result::Field)
      decoded.fields.push_back({std::string(decoder.field().name), std::string(decoder.field().value)});
    if (result == Result::LeftOut) decoded.fields.push_back({.name = {}, .value = {}, .oversized = true});
  }
  decoded.accepted = decoder.whole();
  return decoded;
}

DecodedBlock decode_with_empty_table(const std::vector<std::uint8_t>& block, std::size_t scratch_bytes) {
  mote::hpack::Decoder decoder((mote::MutableBytes()), 0);
  DecodedBlock decoded = decode_whole(decoder, block, scratch_bytes);
  // What is only for intermediaries.
  for (Field& field : decoded.fields)
    field.never_indexed = false;
  return decoded;
}

void expect_the_same(const std::vector<std::uint8_t>& block, std::size_t scratch_bytes) {
  const DecodedBlock expected = decode_with_empty_table(block, scratch_bytes);
  const DecodedBlock decoded = decode(block, scratch_bytes);
  assert_int_equal(decoded.accepted, expected.accepted);
  assert_true(decoded.fields == expected.fields);
}

void blocks_by_hand(void**) {
  const char* const blocks[] = {
      "",
      "88",                                               // :status: 200
      "20 20 88 5f 10 6170706c69636174696f6e2f67727063",  // two size updates, content-type with indexing
      "21 88",                                            // a size update above 0
      "88 20",                                            // one after a field
      "be",                                               // index 62
      "80",                                               // index 0
      "7f 80 01 61",                                      // a literal whose name is of index 191
      "10 01 61 01 62 00 01 61 82 1fff",                  // never indexed, and a Huffman-coded value
      "40 04 61626364 05 6162636465 00 01 61 01 62",      // with indexing
      "40 01 61",                                         // cut short
      "00 01 61 7f",                                      // in an integer
      "00 01 61 ff ff ff ff ff 0f",                       // an integer that is too long
      "00 01 61 ff 81 ff ff 07",                          // one above 2^24
      "00 00 00",                                         // empty strings
      "00 80 80",                                         // empty ones with Huffman code
      "0f 2e 01 78",                                      // the last name of the static table
      "00 01 61 81 ff",                                   // padding of 8 bits
      "00 01 61 81 1e",                                   // padding that is not all ones
      "00 01 61 84 ffffffff",                             // EOS
      "00 01 61 84 fffffffc",                             // EOS and more
  };
  for (const char* hex : blocks)
    expect_the_same(from_hex(hex), 64);
}

// Codes of 30 bits are among them.
void every_byte_in_huffman_code(void**) {
  std::mt19937 random = seeded_random();
  for (int round = 0; round < 20000; ++round) {
    const std::size_t size = 1 + pick(random, 12);
    std::vector<std::uint8_t> block = {0, 1, 'a', static_cast<std::uint8_t>(0x80 | size)};
    // Long runs of ones lead to long codes.
    for (std::size_t i = 0; i < size; ++i)
      block.push_back(static_cast<std::uint8_t>(pick(random, 2) == 0 ? pick(random, 255) : 0xff - pick(random, 3)));
    expect_the_same(block, 200);
  }
}

// In scratch that nothing is too large for: of what is left out Decoder does not check the Huffman code.
void random_blocks(void**) {
  std::mt19937 random = seeded_random();
  constexpr std::uint8_t kHeads[] = {0x00, 0x10, 0x40, 0x0f, 0x1f, 0x7f, 0x20, 0x88, 0x5f, 0x80, 0xff, 0x3f};
  for (int round = 0; round < 50000; ++round) {
    std::vector<std::uint8_t> block;
    for (std::size_t fields = pick(random, 4); fields > 0; --fields) {
      block.push_back(kHeads[pick(random, std::size(kHeads) - 1)]);
      for (std::size_t bytes = pick(random, 12); bytes > 0; --bytes)
        block.push_back(static_cast<std::uint8_t>(pick(random, 2) == 0 ? pick(random, 255) : pick(random, 6)));
    }
    expect_the_same(block, 200);
  }
}

// A field that does not fit in scratch is skipped, and the next field is complete.
void fields_that_are_too_large(void**) {
  const auto block =
      from_hex("00 04 61626364 05 6162636465 00 01 61 01 62 5f 09 616263646566676869 00 85 1fffffffff 01 62");
  for (const std::size_t size : {8U, 9U, 20U}) {
    const DecodedBlock decoded = decode(block, size);
    assert_false(decoded.accepted && decoded.fields.empty());
    assert_int_equal(decoded.fields[0].oversized, size < 9);
    assert_string_equal(decoded.fields[1].value.c_str(), "b");
  }
}

void what_a_field_counts(void**) {
  std::vector<std::uint8_t> scratch(8);
  StaticDecoder decoder(scratch);
  decoder.begin();
  for (const std::uint8_t byte : from_hex("00 04 61626364 05 6162636465"))
    static_cast<void>(decoder.take(byte));
  assert_int_equal(decoder.field_bytes(), 32 + 4 + 5);
  assert_true(decoder.whole());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(blocks_by_hand),      cmocka_unit_test(every_byte_in_huffman_code),
      cmocka_unit_test(random_blocks),       cmocka_unit_test(fields_that_are_too_large),
      cmocka_unit_test(what_a_field_counts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
