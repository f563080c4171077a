#include "hpack/encoder.h"

#include <cstdint>

namespace mote::hpack {
namespace {

// The first byte of each representation (6.1, 6.2), and how many of its low bits belong to the integer.
constexpr std::uint8_t kIndexed = 0x80;
constexpr std::uint8_t kNeverIndexed = 0x10;
constexpr std::uint8_t kWithoutIndexing = 0x00;
constexpr unsigned kLiteralBits = 4;
constexpr unsigned kLengthBits = 7;

// RFC 7541 5.1.
void put_integer(ByteWriter& block, std::uint8_t pattern, unsigned prefix_bits, std::size_t value) {
  const std::size_t prefix_max = (std::size_t{1} << prefix_bits) - 1;
  if (value < prefix_max) return block.u8(static_cast<std::uint8_t>(pattern | value));
  block.u8(static_cast<std::uint8_t>(pattern | prefix_max));
  for (value -= prefix_max; value >= 0x80; value >>= 7)
    block.u8(static_cast<std::uint8_t>(0x80 | (value & 0x7f)));
  block.u8(static_cast<std::uint8_t>(value));
}

constexpr std::size_t integer_size(unsigned prefix_bits, std::size_t value) {
  const std::size_t prefix_max = (std::size_t{1} << prefix_bits) - 1;
  if (value < prefix_max) return 1;
  std::size_t size = 2;
  for (value -= prefix_max; value >= 0x80; value >>= 7)
    ++size;
  return size;
}

void put_literal(ByteWriter& block, std::uint8_t pattern, StaticIndex name, std::string_view value) {
  put_integer(block, pattern, kLiteralBits, static_cast<std::size_t>(name));
  Encoder(block).value(value);
}

void put_literal(ByteWriter& block, std::uint8_t pattern, std::string_view name, std::string_view value) {
  block.u8(pattern);
  Encoder(block).value(name);
  Encoder(block).value(value);
}

std::size_t string_size(std::string_view string) {
  return integer_size(kLengthBits, string.size()) + string.size();
}

}  // namespace

void Encoder::indexed(StaticIndex field) {
  block_.u8(static_cast<std::uint8_t>(kIndexed | static_cast<std::uint8_t>(field)));
}

void Encoder::literal(StaticIndex name, std::string_view value) {
  put_literal(block_, kWithoutIndexing, name, value);
}

void Encoder::literal(std::string_view name, std::string_view value) {
  put_literal(block_, kWithoutIndexing, name, value);
}

void Encoder::value(std::string_view value) {
  put_integer(block_, 0, kLengthBits, value.size());
  block_.text(value);
}

void Encoder::never_indexed(StaticIndex name, std::string_view value) {
  put_literal(block_, kNeverIndexed, name, value);
}

void Encoder::never_indexed(std::string_view name, std::string_view value) {
  put_literal(block_, kNeverIndexed, name, value);
}

std::size_t Encoder::literal_size(StaticIndex name, std::string_view value) {
  return integer_size(kLiteralBits, static_cast<std::size_t>(name)) + string_size(value);
}

std::size_t Encoder::literal_size(std::string_view name, std::string_view value) {
  return 1 + string_size(name) + string_size(value);
}

}  // namespace mote::hpack
