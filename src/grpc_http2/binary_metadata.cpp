#include "grpc_http2/binary_metadata.h"

#include <array>
#include <cstdint>
#include <optional>

#include "bytes/base64_digits.h"
#include "bytes/byte_reader.h"

namespace mote::grpc_http2 {

namespace {

// Three bytes become four characters of 6 bits.
constexpr std::size_t kGroupBytes = 3;
constexpr std::size_t kGroupText = 4;

// Padding fills the last group (RFC 4648 3.2). Other padding stays and is then an invalid character.
std::string_view without_padding(std::string_view text) {
  if (text.size() % kGroupText != 0) return text;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding)
    text.remove_suffix(1);
  return text;
}

// The bits of up to four characters, filled up with zeros, or none if a character is invalid.
std::optional<std::uint32_t> read_group(std::string_view characters) {
  std::uint32_t bits = 0;
  for (char c : characters) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
  }
  return bits << 6 * (kGroupText - characters.size());
}

void write_group(ByteWriter& out, Bytes group) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < kGroupBytes; ++i)
    bits = bits << 8U | (i < group.size() ? group[i] : 0U);
  std::array<char, kGroupText> characters{};
  for (std::size_t i = 0; i < kGroupText; ++i)
    characters[i] = kBase64Digits[bits >> (18 - 6 * i) & 0x3fU];
  out.text({characters.data(), group.size() + 1});
}

}  // namespace

void base64_encode(ByteWriter& out, Bytes bytes) {
  ByteReader in(bytes);
  while (!in.empty())
    write_group(out, in.take(kGroupBytes));
}

std::size_t base64_decoded_size(std::string_view text) {
  const std::size_t characters = without_padding(text).size();
  return characters / kGroupText * kGroupBytes + characters % kGroupText * kGroupBytes / kGroupText;
}

bool base64_decode(std::string_view text, ByteWriter& out) {
  text = without_padding(text);
  if (text.size() % kGroupText == 1) return false;
  while (!text.empty()) {
    const std::string_view group(text.data(), text.size() < kGroupText ? text.size() : kGroupText);
    const std::optional<std::uint32_t> bits = read_group(group);
    if (!bits) return false;
    if (group.size() == 4) out.u24(*bits);
    if (group.size() == 3) out.u16(static_cast<std::uint16_t>(*bits >> 8U));
    if (group.size() == 2) out.u8(static_cast<std::uint8_t>(*bits >> 16U));
    text.remove_prefix(group.size());
  }
  return true;
}

}  // namespace mote::grpc_http2
