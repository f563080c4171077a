#include "hpack/encoder.h"

#include <string>
#include <string_view>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hex.h"
#include "support/hpack_feed.h"

using mote::ByteWriter;
using mote::MutableBytes;
using mote::hpack::Decoder;
using mote::hpack::Encoder;
using mote::hpack::StaticIndex;
using mote::test::decode_whole;
using mote::test::DecodedBlock;
using mote::test::Field;
using mote::test::from_hex;

namespace {

template <typename Write>
std::vector<std::uint8_t> block_of(Write write) {
  std::vector<std::uint8_t> buffer(300000);
  ByteWriter writer(buffer);
  Encoder encoder(writer);
  write(encoder);
  assert_false(writer.overflowed());
  buffer.resize(writer.size());
  return buffer;
}

template <typename Write>
void assert_writes(std::string_view hex, Write write) {
  assert_true(block_of(write) == from_hex(hex));
}

void rfc_c2_2_literal_without_indexing(void**) {
  assert_writes("040c 2f73 616d 706c 652f 7061 7468",
                [](auto& block) { block.literal(StaticIndex::Path, "/sample/path"); });
}

void rfc_c2_3_literal_never_indexed(void**) {
  assert_writes("1008 7061 7373 776f 7264 0673 6563 7265 74",
                [](auto& block) { block.never_indexed("password", "secret"); });
}

void rfc_c2_4_indexed(void**) {
  assert_writes("82", [](auto& block) { block.indexed(StaticIndex::MethodGet); });
}

void writes_every_representation(void**) {
  assert_writes("bd", [](auto& block) { block.indexed(StaticIndex::WwwAuthenticate); });
  assert_writes("0e 01 78", [](auto& block) { block.literal(StaticIndex::Status500, "x"); });
  assert_writes("0f00 01 78", [](auto& block) { block.literal(StaticIndex::AcceptCharset, "x"); });
  assert_writes("0f10 01 78", [](auto& block) { block.literal(StaticIndex::ContentType, "x"); });
  assert_writes("1f08 01 78", [](auto& block) { block.never_indexed(StaticIndex::Authorization, "x"); });
  assert_writes("00 01 61 00", [](auto& block) { block.literal("a", ""); });
}

void writes_a_size_update_to_0(void**) {
  assert_writes("20", [](auto& block) { block.no_table(); });
}

// Every length around the steps of the integer code is decoded, and has the announced size.
void literals_of_every_length_are_decoded(void**) {
  for (const std::size_t length : {0U, 1U, 126U, 127U, 128U, 254U, 255U, 16510U, 16511U, 16512U, 70000U}) {
    const std::string text(length, 'v');
    const std::vector<Field> expected = {
        {"content-type", text}, {"n", text}, {"authorization", text, true}, {"secret", text, true}};
    const auto block = block_of([&](auto& encoder) {
      encoder.literal(StaticIndex::ContentType, text);
      encoder.literal("n", text);
      encoder.never_indexed(StaticIndex::Authorization, text);
      encoder.never_indexed("secret", text);
    });
    assert_int_equal(block.size(), Encoder::literal_size(StaticIndex::ContentType, text) +
                                       Encoder::literal_size("n", text) +
                                       Encoder::literal_size(StaticIndex::Authorization, text) +
                                       Encoder::literal_size("secret", text));
    Decoder decoder((MutableBytes()), 0);
    const DecodedBlock decoded = decode_whole(decoder, block, 80000);
    assert_true(decoded.accepted);
    assert_true(decoded.fields == expected);
    assert_int_equal(decoder.table().entry_count(), 0);
  }
}

void long_names_are_decoded(void**) {
  const std::string name(300, 'n');
  const auto block = block_of([&](auto& encoder) { encoder.literal(name, "v"); });
  assert_int_equal(block.size(), Encoder::literal_size(name, "v"));
  Decoder decoder((MutableBytes()), 0);
  assert_true(decode_whole(decoder, block).fields == std::vector<Field>({{name, "v"}}));
}

void a_block_that_does_not_fit_overflows(void**) {
  const auto write = [](Encoder& encoder) {
    encoder.no_table();
    encoder.indexed(StaticIndex::Status200);
    encoder.literal(StaticIndex::ContentType, "application/grpc");
    encoder.literal("grpc-status", "0");
  };
  const auto block = block_of(write);
  for (std::size_t room = 0; room < block.size(); ++room) {
    std::vector<std::uint8_t> buffer(room);
    ByteWriter writer(buffer);
    Encoder encoder(writer);
    write(encoder);
    assert_true(writer.overflowed());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(rfc_c2_2_literal_without_indexing),
      cmocka_unit_test(rfc_c2_3_literal_never_indexed),
      cmocka_unit_test(rfc_c2_4_indexed),
      cmocka_unit_test(writes_every_representation),
      cmocka_unit_test(writes_a_size_update_to_0),
      cmocka_unit_test(literals_of_every_length_are_decoded),
      cmocka_unit_test(long_names_are_decoded),
      cmocka_unit_test(a_block_that_does_not_fit_overflows),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
