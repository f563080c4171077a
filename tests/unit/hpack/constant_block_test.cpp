#include "hpack/constant_block.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "hpack/encoder.h"
#include "support/cmocka_test.h"

using mote::Bytes;
using mote::ByteWriter;
using mote::constant_bytes;
using mote::hpack::ConstantBlock;
using mote::hpack::Encoder;
using mote::hpack::StaticIndex;

namespace {

constexpr std::string_view kLongText =
    "a value of more than 127 bytes, whose length needs two bytes: 0123456789 0123456789 0123456789 0123456789 "
    "0123456789 "
    "0123456789 0123456789";
static_assert(kLongText.size() > 127);

// Its length is 127 + 130, and 130 needs two bytes.
constexpr auto kLongerText = [] {
  std::array<char, 127 + 130> text{};
  text.fill('l');
  return text;
}();

constexpr std::string_view longer_text() {
  return {kLongerText.data(), kLongerText.size()};
}

// Integers of one to three bytes, names by index and as text.
constexpr auto kBlock = constant_bytes<[] {
  return ConstantBlock()
      .indexed(StaticIndex::Status200)
      .literal(StaticIndex::Path, "/echo.Echo/Reply")
      .literal(StaticIndex::ContentType, "application/grpc")
      .literal("grpc-status", "0")
      .literal("x-long", kLongText)
      .literal("x-longer", longer_text())
      .literal("x-empty", "")
      .bytes();
}>();

void it_is_what_the_encoder_writes(void**) {
  std::array<std::uint8_t, 512> buffer{};
  ByteWriter writer(buffer);
  Encoder encoder(writer);
  encoder.indexed(StaticIndex::Status200);
  encoder.literal(StaticIndex::Path, "/echo.Echo/Reply");
  encoder.literal(StaticIndex::ContentType, "application/grpc");
  encoder.literal("grpc-status", "0");
  encoder.literal("x-long", kLongText);
  encoder.literal("x-longer", longer_text());
  encoder.literal("x-empty", "");
  assert_true(std::ranges::equal(writer.written(), kBlock));
}

void a_name_whose_value_follows(void**) {
  constexpr auto kNames = constant_bytes<[] {
    return ConstantBlock().name(StaticIndex::UserAgent).literal("te", "trailers").name("grpc-timeout").bytes();
  }>();
  constexpr std::string_view kExpected("\x0f\x2b\0\x02te\x08trailers\0\x0cgrpc-timeout", 29);
  assert_true(mote::as_text(kNames) == kExpected);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(it_is_what_the_encoder_writes),
      cmocka_unit_test(a_name_whose_value_follows),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
