#include "grpc_http2/percent.h"

#include <array>
#include <cstdint>

#include "bytes/hex_digit.h"

namespace mote::grpc_http2 {

namespace {

constexpr std::size_t kEscapeBytes = 3;

bool stays(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == ' ') return at != 0 && at + 1 != text.size();
  return c > 0x20 && c <= 0x7e && c != '%';
}

// Takes one character from the front, escaped or not. Lower case is accepted but never written (RFC 3986 2.1).
std::uint8_t take_character(std::string_view& text) {
  unsigned character = static_cast<std::uint8_t>(text.front());
  std::size_t size = 1;
  if (character == '%' && text.size() >= kEscapeBytes) {
    unsigned escaped = 0;
    for (std::size_t i = 1; i < kEscapeBytes; ++i)
      escaped = escaped << 4U | hex_value(text[i]);
    if (escaped < kNoHexDigit) {
      character = escaped;
      size = kEscapeBytes;
    }
  }
  text.remove_prefix(size);
  return static_cast<std::uint8_t>(character);
}

}  // namespace

std::size_t percent_encoded_size(std::string_view text) {
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    size += stays(text, at) ? 1 : kEscapeBytes;
  return size;
}

void percent_encode(ByteWriter& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    if (stays(text, at)) {
      out.u8(byte);
      continue;
    }
    const std::array<char, kEscapeBytes> escape = {'%', kDigits[byte >> 4U], kDigits[byte & 0xfU]};
    out.text({escape.data(), escape.size()});
  }
}

std::size_t percent_decoded_size(std::string_view encoded) {
  std::size_t size = 0;
  for (; !encoded.empty(); ++size)
    take_character(encoded);
  return size;
}

void percent_decode(std::string_view encoded, ByteWriter& out) {
  while (!encoded.empty())
    out.u8(take_character(encoded));
}

}  // namespace mote::grpc_http2
